import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { issueCertificates } from '../src/certificates/issue.ts'
import { freePort } from '../test/helpers/free-port.ts'
import { askPatiently, type Patience } from '../test/helpers/patient-client.ts'
import { imageEnvironment } from './image-environment.ts'
import type { Intrusion } from './intruder.ts'
import { limitMemory, type MemoryLimit } from './memory-limit.ts'
import { podReview } from './reviews.ts'

const MIB = 1024 * 1024

/** What the container of the manifests has. */
const CONTAINER = 256 * MIB

const HOLD_MS = 5000

interface Scenario {
  readonly name: string
  readonly intrusion: Intrusion
  readonly count: number
  /** Of a body. */
  readonly bytes?: number
  /** What is sent, where it is no ordinary review. */
  readonly review?: string
  /** How many files the server may have open; as many as this process where nothing is said. */
  readonly openFiles?: number
}

const SCENARIOS: readonly Scenario[] = [
  { name: '6,000 connections without a handshake', intrusion: 'silent', count: 6000 },
  { name: '6,000 idle TLS connections', intrusion: 'idle', count: 6000 },
  { name: '1,000 halves of a request head', intrusion: 'headers', count: 1000 },
  { name: '250 bodies of 1 MiB, but for a byte', intrusion: 'half', count: 250, bytes: MIB - 1 },
  { name: '250 of them without a length', intrusion: 'chunked', count: 250, bytes: MIB - 1 },
  { name: '1,000 bodies of 16 KB, but for a byte', intrusion: 'half', count: 1000, bytes: 16_000 },
  { name: '2,000 reviews of 60 KB at once', intrusion: 'burst', count: 2000, bytes: 60_000 },
  { name: '4 reviews of 10 MB of empty objects', intrusion: 'burst', count: 4, review: emptyObjects(10_000_000) },
  { name: '300 idle connections, 200 open files', intrusion: 'idle', count: 300, openFiles: 200 }
]

/** What a server in a container of 256 MiB does while somebody means no good, and what becomes of good calls beside. */
export async function measureOverload(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    const issued = await issueCertificates(['localhost'], 1, new Date())
    writeFileSync(join(directory, 'tls.crt'), issued.certificate)
    writeFileSync(join(directory, 'tls.key'), issued.privateKey)
    console.log(`overload, ${CONTAINER / MIB} MiB, good calls on kept and on new connections beside:`)
    for (const scenario of SCENARIOS) console.log(`  ${scenario.name.padEnd(40)} ${await play(scenario, directory)}`)
    console.log()
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function play(scenario: Scenario, directory: string): Promise<string> {
  const memory = limitMemory(CONTAINER)
  const server = await startServer(scenario, directory, memory).catch((error) => {
    memory?.dispose()
    throw error
  })
  const args = [scenario.intrusion, server.port, scenario.count, scenario.bytes ?? 0].map(String)
  const intruder = fork(new URL('intruder.ts', import.meta.url), args)
  try {
    const good = goodTraffic(server.port)
    await sleep(1000)
    await tell(intruder, 'open')
    if (scenario.intrusion === 'burst') await tell(intruder, { fire: scenario.review ?? reviewOf(scenario.bytes ?? 0) })
    await sleep(HOLD_MS)
    const peak = residentPeak(server.process)
    const ready = await fetch(`http://127.0.0.1:${server.healthPort}/readyz`, {
      signal: AbortSignal.timeout(5000)
    }).then(
      ({ status }) => String(status),
      () => 'no answer'
    )
    await tell(intruder, 'leave')
    const { answered, askedAgain, lost } = await good.stop()
    const held = memory === undefined ? 'not held to it' : `${mega(memory.peak())} MB charged, ${memory.kills()} killed`
    const reasons = [...new Set(lost)].map((reason) => ` (${reason})`).join('')
    return `${held}, ${peak}; answered ${answered}, at a later try ${askedAgain}, lost ${lost.length}${reasons}; /readyz ${ready}`
  } finally {
    intruder.disconnect()
    server.process.kill('SIGKILL')
    if (server.process.exitCode === null && server.process.signalCode === null) await once(server.process, 'exit')
    memory?.dispose()
  }
}

interface Server {
  readonly process: ChildProcess
  readonly port: number
  readonly healthPort: number
}

async function startServer(
  { openFiles }: Scenario,
  directory: string,
  memory: MemoryLimit | undefined
): Promise<Server> {
  const [port, healthPort] = [await freePort(), await freePort()]
  const program = fileURLToPath(new URL('../bin/holdfast.cjs', import.meta.url))
  const flags = ['--bind-address=127.0.0.1', `--port=${port}`, `--health-port=${healthPort}`, '--v=0']
  flags.push(`--tls-cert-file=${join(directory, 'tls.crt')}`, `--tls-private-key-file=${join(directory, 'tls.key')}`)
  const steps = [memory?.enter, openFiles && `ulimit -n ${openFiles}`, 'exec "$@"'].filter(Boolean).join('; ')
  const child = spawn(
    'sh',
    ['-c', steps, 'sh', process.execPath, program, 'serve', ...flags, '--kubernetes-version=1.36'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...imageEnvironment() }
    }
  )
  for (let attempt = 0; attempt < 300; attempt++) {
    const isReady = await fetch(`http://127.0.0.1:${healthPort}/readyz`).then(
      ({ ok }) => ok,
      () => false
    )
    if (isReady) return { process: child, port, healthPort }
    await sleep(100)
  }
  child.kill('SIGKILL')
  throw new Error('Holdfast does not get ready')
}

/** Reviews of 4 and 60 KB, on connections that are kept and on one for each, until it is stopped. */
function goodTraffic(port: number): { stop(): Promise<Patience> } {
  const count: Patience = { answered: 0, askedAgain: 0, lost: [] }
  const kept = new Agent({ keepAlive: true, maxSockets: 4 })
  let running = true
  const keepAsking = async (agent: Agent | false, bytes: number, pauseMs: number): Promise<void> => {
    const review = reviewOf(bytes)
    for (let asked = 0; running && asked < 10_000; asked++) {
      await askPatiently(port, agent, review, count)
      await sleep(pauseMs)
    }
  }
  const clients = [
    keepAsking(kept, 4000, 20),
    keepAsking(kept, 60_000, 50),
    keepAsking(false, 4000, 50),
    keepAsking(false, 60_000, 100)
  ]
  return {
    async stop() {
      running = false
      await Promise.all(clients)
      kept.destroy()
      return count
    }
  }
}

function reviewOf(bytes: number): string {
  return JSON.stringify(podReview(bytes))
}

function emptyObjects(bytes: number): string {
  return reviewOf(0).replace('"containers":[', `"containers":[${'{},'.repeat(bytes / 3)}`)
}

async function tell(intruder: ChildProcess, message: 'open' | 'leave' | { readonly fire: string }): Promise<void> {
  const answer = once(intruder, 'message')
  intruder.send(message)
  await answer
}

/** Linux tells. The program and its libraries are counted here, where a container shares them with others. */
function residentPeak({ pid }: ChildProcess): string {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? 'gone' : `${mega(Number(kilobytes) * 1024)} MB resident`
  } catch {
    return 'gone'
  }
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
