import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory, writePair } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { post } from '../helpers/post.ts'

/**
 * Two real processes behind a list of endpoints, as the API server sees them: connections are kept, a Pod leaves the
 * list a little after it stopped being ready, and a POST is never sent twice. Each process is restarted by SIGTERM
 * several times while requests go on.
 */

const RESTARTS = 6
const CLIENTS = 8
const DRAIN_DELAY_MS = 1000
/** How long the list of endpoints lags behind. Longer than the drain would lose requests, in a cluster too. */
const ENDPOINT_LAG_MS = 300

interface Replica {
  readonly port: number
  readonly healthPort: number
  process: ChildProcess
  /** Whether new connections are opened to it. */
  listed: boolean
}

interface Load {
  running: boolean
  answered: number
  readonly lost: string[]
}

t.test(`${RESTARTS} restarts under load lose no request`, async (t) => {
  const files = writePair(temporaryDirectory(), await issueCertificates(['127.0.0.1'], 1, new Date()))
  const replicas = await Promise.all([0, 1].map(() => startReplica(files)))
  t.teardown(() => {
    for (const { process: child } of replicas) child.kill('SIGKILL')
  })
  const load: Load = { running: true, answered: 0, lost: [] }
  const clients = Array.from({ length: CLIENTS }, (_, index) => keepAsking(replicas, index, load))
  for (let restart = 0; restart < RESTARTS; restart++) {
    const replica = replicas[restart % replicas.length] as Replica
    const before = load.answered
    const code = await stop(replica)
    t.equal(code, 0, 'a clean drain')
    await launch(replica, files)
    t.ok(load.answered > before, `${load.answered - before} reviews were answered during restart ${restart + 1}`)
  }
  load.running = false
  await Promise.all(clients)
  t.strictSame(load.lost, [], 'no request is lost')
  t.comment(`${load.answered} reviews, ${load.lost.length} lost, over ${RESTARTS} restarts`)
})

async function startReplica(files: { certificate: string; privateKey: string }): Promise<Replica> {
  const replica = { port: await freePort(), healthPort: await freePort(), listed: false } as Replica
  await launch(replica, files)
  return replica
}

async function launch(replica: Replica, files: { certificate: string; privateKey: string }): Promise<void> {
  const entry = join(import.meta.dirname, '../../bin/holdfast.cjs')
  const args = ['serve', '--bind-address=127.0.0.1', `--port=${replica.port}`, `--health-port=${replica.healthPort}`]
  args.push(`--tls-cert-file=${files.certificate}`, `--tls-private-key-file=${files.privateKey}`)
  args.push(`--drain-delay=${DRAIN_DELAY_MS}ms`, '--kubernetes-version=1.36', '-v', '0')
  replica.process = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await readiness(replica)) === 200) {
      replica.listed = true
      return
    }
    await sleep(50)
  }
  throw new Error('a replica does not get ready')
}

/** SIGTERM, and off the list a little later: kubelet and the endpoints learn of it side by side. */
async function stop(replica: Replica): Promise<number | null> {
  const exit = once(replica.process, 'exit')
  replica.process.kill('SIGTERM')
  await sleep(ENDPOINT_LAG_MS)
  replica.listed = false
  const [code] = await exit
  return code
}

function readiness({ healthPort }: Replica): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port: healthPort, path: '/readyz', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', () => resolve(0))
    outgoing.end()
  })
}

/** One worker of the API server: keeps its connection until the server closes it, then takes one from the list. */
async function keepAsking(replicas: readonly Replica[], index: number, load: Load): Promise<void> {
  const body = JSON.stringify(podCreation(pod()))
  let next = index
  let connection: { agent: Agent; port: number } | undefined
  for (let asked = 0; load.running && asked < 50_000; asked++) {
    if (connection === undefined) {
      const listed = replicas.filter((replica) => replica.listed)
      const { port } = listed[next++ % listed.length] as Replica
      connection = { agent: new Agent({ keepAlive: true, maxSockets: 1 }), port }
    }
    try {
      const closes = await ask(connection.port, connection.agent, body)
      load.answered++
      if (closes) {
        connection.agent.destroy()
        connection = undefined
      }
    } catch (error) {
      load.lost.push(String(error))
      connection = undefined
    }
    await sleep(2)
  }
  connection?.agent.destroy()
}

/** Resolves with whether the server wants the connection closed. */
async function ask(port: number, agent: Agent, body: string): Promise<boolean> {
  const { response } = await post({ port, path: '/mutate', agent, rejectUnauthorized: false }, body)
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return response.headers.connection === 'close'
}
