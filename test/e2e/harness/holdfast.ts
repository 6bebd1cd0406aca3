// Holdfast as it is shipped: the built program in a process of its own, with a certificate for the address it serves on.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { issueCertificates } from '../../../src/certificates/issue.ts'
import { assertRunning, type Component, endComponent, startComponent, startGuard, tailOf } from './component.ts'
import { until } from './wait.ts'
import type { LocalServer } from './webhook.ts'

export interface HoldfastOptions {
  /** The text of the configuration file. Default: an empty one, so that every field has its default. */
  configuration?: string
  /** Further flags of `holdfast serve`. They come last, so that they win over those given here. */
  flags?: readonly string[]
  /** The IP address to serve on, as the API server dials it. Default 127.0.0.1. */
  address?: string
}

/** A line of its log about one review: what `src/server/log.ts` writes. */
export interface Decided {
  uid: string
  operation: string
  kind: string
  namespace: string
  name: string
  /** allowed, patched, denied or failed */
  outcome: string
  policies: { policy: string; mode: string; outcome: string }[]
}

export interface Holdfast extends LocalServer {
  /** What it has decided since it was first started; complete only after a `stop`, because it writes with a delay. */
  decided(): Decided[]
  /** The same, once there are at least this many decisions that the filter lets through. */
  decidedOf(count: number, filter: (decided: Decided) => boolean): Promise<Decided[]>
  /** Everything it logged with level `warn` or above, which should be nothing. */
  complaints(): string[]
  /** The text of its `/metrics`. */
  metrics(): Promise<string>
  /** Starts it again on the same port with the same certificate, and waits until it is ready. */
  start(): Promise<void>
  /** Stops it from answering, without an end to its connections, until `resume`. */
  pause(): void
  resume(): void
  /** SIGTERM. Resolves with how it ended, "exited with code 0" if all is well. */
  stop(): Promise<string>
  /** Stops it and removes its files; for the end of a test. */
  dispose(): Promise<string>
}

/** Levels below `warn`. */
const QUIET = ['debug', 'info']

const PROGRAM = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

/**
 * Starts Holdfast on free ports and waits until it is ready. It does not outlive this process.
 *
 * @throws {Error} with the tail of its log, when it ends or is not ready in time; nothing is left then
 */
export async function startHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const { address = '127.0.0.1', configuration = '', flags = [] } = options
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-server-'))
  const guard = startGuard(directory)
  const { ca, certificate, privateKey } = await issueCertificates([address], 1, new Date())
  const file = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const settings = [
    `--bind-address=${address}`,
    `--config=${file('config.yaml', configuration)}`,
    `--tls-cert-file=${file('tls.crt', certificate)}`,
    `--tls-private-key-file=${file('tls.key', privateKey)}`,
    '--kubernetes-version=1.36',
    // Nobody else gets its requests meanwhile, so there is nothing to wait for.
    '--drain-delay=0ms',
    // A line for each decision, those without findings too: tests count them.
    '--v=4',
    ...flags
  ]
  let component: Component | undefined
  let ports = { port: 0, healthPort: 0 }

  const start = async (): Promise<void> => {
    const fixed = [`--port=${ports.port}`, `--health-port=${ports.healthPort}`]
    component = startComponent('holdfast', process.execPath, [PROGRAM, 'serve', ...fixed, ...settings], directory)
    guard.watch(component)
    ports = await readyPorts(component, address)
  }
  const stop = async (): Promise<string> => {
    if (component === undefined) return 'never ran'
    await endComponent(component, 10_000)
    return component.outcome() ?? 'still runs'
  }
  const dispose = (): Promise<string> => stop().finally(() => guard.release())

  try {
    await start()
  } catch (error) {
    await dispose().catch(() => {})
    throw error
  }
  const lines = (): LogLine[] => linesOf(component as Component)
  const decided = (): Decided[] => lines().flatMap(({ review }) => review ?? [])
  return {
    address,
    port: ports.port,
    caBundle: Buffer.from(ca).toString('base64'),
    decided,
    decidedOf: (count, filter) =>
      until(`${count} decisions`, async () => {
        const found = decided().filter(filter)
        return found.length >= count && found
      }),
    complaints: () => lines().flatMap((line) => (QUIET.includes(line.level) ? [] : JSON.stringify(line))),
    metrics: async () => (await fetch(`http://${address}:${ports.healthPort}/metrics`)).text(),
    pause: () => component?.child.kill('SIGSTOP'),
    resume: () => component?.child.kill('SIGCONT'),
    start,
    stop,
    dispose
  }
}

interface LogLine {
  level: string
  msg?: string
  port?: number
  healthPort?: number
  review?: Decided
}

/** Where it serves, once its own readiness probe says that it does. */
async function readyPorts(component: Component, address: string): Promise<{ port: number; healthPort: number }> {
  const stillHopeful = (): void => assertRunning(component)
  try {
    return await until(
      'Holdfast to be ready',
      async () => {
        // The last one: the file still holds what it wrote before it was started again.
        const serving = linesOf(component).findLast(({ msg }) => msg === 'serving' || msg === 'stopped')
        const { port, healthPort } = serving ?? {}
        if (port === undefined || healthPort === undefined) return undefined
        const { ok } = await fetch(`http://${address}:${healthPort}/readyz`)
        return ok && { port, healthPort }
      },
      { stillHopeful }
    )
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${tailOf(component)}`, { cause: error })
  }
}

/** What it wrote, line by line. A line that is no JSON, such as a stack trace, becomes one of level `raw`. */
function linesOf({ log }: Component): LogLine[] {
  // What stands behind the last line break is still being written.
  const complete = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return complete.map((line) => {
    try {
      return JSON.parse(line) as LogLine
    } catch {
      return { level: 'raw', msg: line }
    }
  })
}
