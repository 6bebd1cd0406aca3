import { type Contestant, FLOOR, HOLDFAST, type ServerName, type StartServer, withServers } from './contestants.ts'
import { imageEnvironment } from './image-environment.ts'
import { type Load, openLoad } from './load.ts'
import { deniedReview, podReview, unrelatedReview } from './reviews.ts'
import { type Report, type Row, rowsOf } from './row.ts'
import { rotated } from './statistics.ts'

const CONNECTIONS = 4
const SERVERS: readonly ServerName[] = [FLOOR, HOLDFAST]

/** Until V8 has compiled what it will compile: after 3,000 reviews the CPU for each one still falls. */
const WARM_UP = 20_000
/** For each case after that: its own review is new to the caches. */
const WARM_UP_CASE = 2000
const COLD_REVIEWS = 100

const REVIEWS = {
  'patched Pod': podReview,
  'unrelated Pod': unrelatedReview,
  'denied StatefulSet': deniedReview
} as const

/**
 * CPU of Holdfast beside a bare server on the same Node.js, in alternating rounds.
 *
 * @param reviews of 4 KB in a round; of 60 KB it is a quarter
 */
export async function measureServer(rounds: number, reviews: number, report: Report): Promise<void> {
  const cases = [4, 60].flatMap((kilobytes) =>
    Object.entries(REVIEWS).map(([what, review]) => {
      const body = JSON.stringify(review(kilobytes * 1000))
      return { name: `${what}, ${kilobytes} KB`, body, count: kilobytes > 4 ? Math.ceil(reviews / 4) : reviews }
    })
  )
  return withServers(async (start) => {
    report(await measureCold(start, rounds))
    const environment = imageEnvironment()
    const servers = [await start(FLOOR, environment), await start(HOLDFAST, environment)]
    for (const server of servers) await warmUp(server)
    for (const { name, body, count } of cases) report(await measureWarm(servers, name, body, count, rounds))
  })
}

/** The first reviews after the start, with what they have to compile; the start itself is not in it. */
async function measureCold(start: StartServer, rounds: number): Promise<Row[]> {
  const body = JSON.stringify(podReview(4000))
  const measured = new Map(SERVERS.map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of SERVERS) {
      const server = await start(name, imageEnvironment())
      const load = await openLoad(server.port, 1, body)
      measured.get(name)?.push(await cpuOf(server, load, COLD_REVIEWS))
      load.close()
      server.stop()
    }
  }
  return rowsOf({ layer: 'server', name: `patched Pod, 4 KB, the first ${COLD_REVIEWS}`, unit: 'µs' }, measured)
}

async function warmUp({ port }: Contestant): Promise<void> {
  const bodies = Object.values(REVIEWS).map((review) => JSON.stringify(review(4000)))
  for (const body of bodies) {
    const load = await openLoad(port, CONNECTIONS, body)
    await load.send(Math.ceil(WARM_UP / bodies.length))
    load.close()
  }
}

async function measureWarm(
  servers: readonly Contestant[],
  name: string,
  body: string,
  reviews: number,
  rounds: number
): Promise<Row[]> {
  const measured = new Map<string, number[]>(servers.map(({ name }) => [name, []]))
  const loads = await Promise.all(servers.map(({ port }) => openLoad(port, CONNECTIONS, body)))
  for (const load of loads) await load.send(Math.min(WARM_UP_CASE, reviews))
  for (let round = 0; round < rounds; round++) {
    for (const [index, server] of rotated([...servers.entries()], round)) {
      measured.get(server.name)?.push(await cpuOf(server, loads[index] as Load, reviews))
    }
  }
  for (const load of loads) load.close()
  return rowsOf({ layer: 'server', name, unit: 'µs' }, measured)
}

/** Microseconds of CPU for each review. */
async function cpuOf(server: Contestant, load: Load, reviews: number): Promise<number> {
  const before = await server.usage()
  await load.send(reviews)
  const after = await server.usage()
  return (after.cpu - before.cpu) / reviews
}
