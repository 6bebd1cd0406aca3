import { FLOOR, HOLDFAST, withServers } from './contestants.ts'
import { imageEnvironment } from './image-environment.ts'
import { openLoad } from './load.ts'
import { podReview } from './reviews.ts'
import { type Report, rowsOf } from './row.ts'

const CONNECTIONS = 8
/** Reviews of 4 KB since the start. */
const MARKS = [0, 50_000, 100_000, 200_000]

/** Resident memory in the environment of the image. Half of it is pages of the program file, which processes share. */
export function measureMemory(report: Report): Promise<void> {
  const body = JSON.stringify(podReview(4000))
  return withServers(async (start) => {
    const servers = [await start(FLOOR, imageEnvironment()), await start(HOLDFAST, imageEnvironment())]
    const open = await Promise.all(
      servers.map(async (server) => ({ server, load: await openLoad(server.port, CONNECTIONS, body) }))
    )
    let sent = 0
    for (const mark of MARKS) {
      const measured = new Map<string, number[]>()
      for (const { server, load } of open) {
        if (mark > sent) await load.send(mark - sent)
        measured.set(server.name, [(await server.usage()).rss / 1e6])
      }
      sent = mark
      const name = `resident memory after ${mark.toLocaleString('en')} reviews`
      report(rowsOf({ layer: 'memory', name, unit: 'MB' }, measured))
    }
    for (const { load } of open) load.close()
  })
}
