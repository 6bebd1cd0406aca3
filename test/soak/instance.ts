import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { imageEnvironment } from '../../bench/image-environment.ts'
import { limitMemory, type MemoryLimit } from '../../bench/memory-limit.ts'
import { freePort } from '../helpers/free-port.ts'
import { Tally } from './tally.ts'
import type { Violations } from './violations.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))
const CLOCK = new URL('shifted-clock.mjs', import.meta.url).href

/** What the container of the manifests has. */
const CONTAINER = 256 * 1024 * 1024
const IMAGE = imageEnvironment()
/** Of the image, and the clock that the run can shift. */
const NODE_OPTIONS = `${IMAGE.NODE_OPTIONS} --import=${CLOCK}`

/** How long a server may take to get ready, or to end, on a busy machine. */
const PATIENCE_MS = 60_000

/** One process of a replica. */
export interface Generation {
  readonly child: ChildProcess
  readonly tally: Tally
  /** Whether it serves: it was ready once, and was not told to end. */
  serving: boolean
}

export interface Places {
  readonly directory: string
  readonly certificate: string
  readonly privateKey: string
  readonly config: string
}

/** One replica: a place where the real program runs, is stopped and is started again. */
export class Instance {
  readonly name: string
  readonly port: number
  readonly healthPort: number
  readonly memory: MemoryLimit | undefined
  /** Lines at the levels error and fatal. */
  readonly errors: string[] = []
  /** Why calls to it may be lost, or were, if they may. */
  lossy: string | undefined
  /** Calls that began before may be lost, as `performance.now` tells. */
  lossyUntil = 0
  readonly #places: Places
  readonly #violations: Violations
  #generation: Generation | undefined
  #reader: Socket | undefined

  static async make(name: string, places: Places, violations: Violations): Promise<Instance> {
    return new Instance(name, await freePort(), await freePort(), places, violations)
  }

  private constructor(name: string, port: number, healthPort: number, places: Places, violations: Violations) {
    this.name = name
    this.port = port
    this.healthPort = healthPort
    this.#places = places
    this.#violations = violations
    this.memory = limitMemory(CONTAINER, `soak-${process.pid}-${name}`)
    execFileSync('mkfifo', [this.#fifo])
  }

  /** What runs now; undefined between two starts. */
  get current(): Generation | undefined {
    return this.#generation
  }

  get pid(): number {
    const pid = this.#generation?.child.pid
    if (pid === undefined) throw new Error(`${this.name} does not run`)
    return pid
  }

  /** @param output where its log goes: a pipe that is read, or a disk that is full */
  async start(output: 'pipe' | 'full' = 'pipe'): Promise<Generation> {
    const deadline = performance.now() + PATIENCE_MS
    // As kubelet does: again and again, for instance while the configuration cannot be used.
    while (performance.now() < deadline) {
      const generation = this.#spawn(output)
      while (generation.child.exitCode === null && performance.now() < deadline) {
        if (await this.isReady()) {
          generation.serving = true
          return generation
        }
        await sleep(100)
      }
      await this.kill()
      await sleep(1000)
    }
    throw new Error(`${this.name} does not get ready`)
  }

  async isReady(): Promise<boolean> {
    return (await this.readiness(1000)) === 'ready'
  }

  /** What `/readyz` says; nothing for as long is no answer, and where nobody listens nobody is ready. */
  async readiness(ms: number): Promise<'ready' | 'not ready' | 'no answer'> {
    try {
      return (await this.health('/readyz', ms)).includes('[-]') ? 'not ready' : 'ready'
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? 'no answer' : 'not ready'
    }
  }

  async health(path: string, ms = 1000): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.healthPort}${path}`, { signal: AbortSignal.timeout(ms) })
    return response.text()
  }

  /** Tells it to end, and waits for that. Calls may not be lost meanwhile. */
  async terminate(): Promise<void> {
    const generation = this.#generation
    if (generation === undefined) return
    generation.serving = false
    generation.child.kill('SIGTERM')
    const code = await exitOf(generation.child)
    if (code !== 0) this.#violations.add(`${this.name} ended with ${code} after SIGTERM`)
    this.#generation = undefined
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    const generation = this.#generation
    if (generation === undefined) return
    generation.serving = false
    generation.child.kill('SIGKILL')
    await exitOf(generation.child)
    this.#generation = undefined
  }

  signal(signal: NodeJS.Signals): void {
    this.#generation?.child.kill(signal)
  }

  shiftClock(ms: number): void {
    writeFileSync(this.#clock, String(ms))
    this.signal('SIGUSR2')
  }

  /** Nobody reads its log any more, until `resume`. */
  stall(): void {
    this.#reader?.pause()
  }

  resume(): void {
    this.#reader?.resume()
  }

  /** Bytes; undefined where it is not there. */
  get resident(): number | undefined {
    try {
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) * 1024
    } catch {
      return undefined
    }
  }

  get descriptors(): number | undefined {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length
    } catch {
      return undefined
    }
  }

  /** Seconds of CPU of the process that runs now. */
  get cpuSeconds(): number {
    try {
      const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / 100
    } catch {
      return 0
    }
  }

  async dispose(): Promise<void> {
    await this.kill()
    this.#reader?.destroy()
    this.memory?.dispose()
  }

  get #fifo(): string {
    return join(this.#places.directory, `${this.name}.log`)
  }

  get #clock(): string {
    return join(this.#places.directory, `${this.name}.clock`)
  }

  #spawn(output: 'pipe' | 'full'): Generation {
    const { certificate, privateKey, config } = this.#places
    this.#reader?.destroy()
    const reading = openSync(this.#fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    const writing = openSync(output === 'pipe' ? this.#fifo : '/dev/full', 'w')
    this.#reader = new Socket({ fd: reading, readable: true, writable: false })
    this.#follow(this.#reader)
    const flags = ['--bind-address=127.0.0.1', `--port=${this.port}`, `--health-port=${this.healthPort}`]
    flags.push(`--config=${config}`, `--tls-cert-file=${certificate}`, `--tls-private-key-file=${privateKey}`)
    const steps = [this.memory?.enter, 'exec "$@"'].filter(Boolean).join('; ')
    const command = [process.execPath, PROGRAM, 'serve', ...flags, '--kubernetes-version=1.36']
    const child = spawn('sh', ['-c', steps, 'sh', ...command], {
      stdio: ['ignore', writing, 'inherit'],
      env: { ...process.env, ...IMAGE, NODE_OPTIONS, HOLDFAST_SOAK_CLOCK: this.#clock }
    })
    closeSync(writing)
    const generation = { child, tally: new Tally(), serving: false }
    child.once('exit', (code, signal) => {
      if (generation.serving) this.#violations.add(`${this.name} ended by itself: ${signal ?? code}`)
    })
    this.#generation = generation
    return generation
  }

  #follow(reader: Socket): void {
    let rest = ''
    reader.setEncoding('utf8')
    reader.on('error', () => {})
    reader.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (/^\{"level":"(?:error|fatal)"/.test(line)) this.errors.push(line)
      if (this.errors.length > 1000) this.errors.splice(0, 500)
    })
  }
}

async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const [code, signal] = await once(child, 'exit')
  clearTimeout(late)
  return code ?? signal
}
