import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { pod } from '../../fixtures/objects.ts'
import { podCreation } from '../../fixtures/reviews.ts'
import { temporaryDirectory, testCertificates, writePair } from '../../helpers/certificates.ts'
import { freePort } from '../../helpers/free-port.ts'
import { post } from '../../helpers/post.ts'

const SERVE = new URL('idle-server.ts', import.meta.url)

/** Longer than what follows a request: a line is written and the connections are looked at a second later. */
const SETTLED_MS = 3000
/** Shorter than the pause between two looks at the files, so that one of the three sees no look. */
const WATCHED_MS = 4000
/** To be asked for the number makes one or two. A timer of one second would add 4. */
const MOST_WAKE_UPS = 3

t.test('a server that nobody asks hardly wakes up', async (t) => {
  const directory = temporaryDirectory()
  const pair = await testCertificates()
  const { certificate, privateKey } = writePair(directory, pair)
  const config = join(directory, 'config.yaml')
  writeFileSync(config, 'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n')
  const [port, healthPort] = [await freePort(), await freePort()]
  const child = fork(
    SERVE,
    [
      ...['serve', '--bind-address=127.0.0.1', `--port=${port}`, `--health-port=${healthPort}`],
      ...[`--config=${config}`, `--tls-cert-file=${certificate}`, `--tls-private-key-file=${privateKey}`]
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }
  )
  t.teardown(() => child.kill('SIGKILL'))
  const wakeUps = async (): Promise<number> => {
    const answer = once(child, 'message')
    child.send('wake-ups')
    return (await answer)[0] as number
  }
  await eventually(async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok)
  const { response } = await post(
    { agent: false, port, ca: pair.ca, path: '/mutate' },
    JSON.stringify(podCreation(pod()))
  )
  t.equal(response.statusCode, 200)
  const scrape = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text()
  t.match(scrape, /^nodejs_eventloop_time_seconds_total\{state="active"\} [0-9.]+$/m)
  t.match(scrape, /^# TYPE nodejs_gc_duration_seconds histogram$/m, 'what takes no timer is there')

  await sleep(SETTLED_MS)
  const counts: number[] = []
  for (let last = await wakeUps(); counts.length < 3; last += counts.at(-1) ?? 0) {
    await sleep(WATCHED_MS)
    counts.push((await wakeUps()) - last)
  }
  t.ok(Math.min(...counts) <= MOST_WAKE_UPS, `${counts} turns of the event loop in ${WATCHED_MS} ms each`)
})

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await condition().catch(() => false)) return
    await sleep(50)
  }
}
