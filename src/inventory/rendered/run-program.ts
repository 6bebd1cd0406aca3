import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { quote } from '../../core/values/text.ts'

/** A program of the user's that was run, and what it wrote. */
export interface Ran {
  readonly stdout: readonly Buffer[]
}

/** Why a program of the user's gave no answer. */
export class ProgramFailure extends Error {
  /** Whether there is no such program. */
  readonly isMissing: boolean

  constructor(what: string, isMissing = false) {
    super(what)
    this.isMissing = isMissing
  }
}

export interface ProgramLimits {
  readonly timeoutMs: number
  /** Bytes of standard output. */
  readonly most: number
}

/** A chart may have to be downloaded, and a kustomization may name what lies elsewhere. All manifests of a cluster are smaller. */
const LIMITS: ProgramLimits = { timeoutMs: 120_000, most: 64 * 1024 * 1024 }

/** Bytes of standard error that are kept: the last ones, which say why it ended. */
const MOST_ERRORS = 64 * 1024

/**
 * Runs a program found on the PATH, without a shell, and waits for its end. It is ended where it takes too long or writes
 * too much, and it has nothing to read but what it is given.
 *
 * @throws ProgramFailure with a sentence that holds the end of its standard error
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { input, limits = LIMITS }: { readonly input?: string | undefined; readonly limits?: ProgramLimits } = {}
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], shell: false, windowsHide: true })
    const output = new Output(limits.most)
    let why: string | undefined
    const end = (reason: string): void => {
      why ??= reason
      endOf(child)
    }
    const timer = setTimeout(() => end(`did not end within ${limits.timeoutMs / 1000} s`), limits.timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => {
      if (!output.add(chunk)) end(`wrote more than ${limits.most / 1024 / 1024} MiB`)
    })
    child.stderr.on('data', (chunk: Buffer) => output.addError(chunk))
    // A program that does not read what it is given has ended, which is told by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      const isMissing = error.code === 'ENOENT'
      reject(new ProgramFailure(isMissing ? 'is not on the PATH' : `cannot be started: ${error.code}`, isMissing))
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (why === undefined && code === 0) return resolve({ stdout: output.chunks })
      const how = why ?? (code === null ? `was ended by ${signal}` : `ended with exit code ${code}`)
      reject(new ProgramFailure([how, output.complaint].filter((part) => part !== '').join(': ')))
    })
  })
}

/** Whatever the program has started holds its pipes open, and would be waited for. */
function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): void {
  child.kill('SIGKILL')
  child.stdout.destroy()
  child.stderr.destroy()
}

class Output {
  readonly chunks: Buffer[] = []
  readonly #most: number
  #length = 0
  #errors = Buffer.alloc(0)

  constructor(most: number) {
    this.#most = most
  }

  /** Answers whether there was room for it. */
  add(chunk: Buffer): boolean {
    this.#length += chunk.length
    if (this.#length > this.#most) return false
    this.chunks.push(chunk)
    return true
  }

  addError(chunk: Buffer): void {
    this.#errors = Buffer.concat([this.#errors, chunk]).subarray(-MOST_ERRORS)
  }

  /** What the program says went wrong, on one line. */
  get complaint(): string {
    const lines = this.#errors
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
    const first = lines.findIndex((line) => /^(?:error|fatal)\b/i.test(line))
    const told = first < 0 ? lines.slice(-LAST_LINES) : lines.slice(first, first + LAST_LINES)
    return told
      .map((line) => line.trim())
      .join(' ')
      .slice(0, LONGEST_COMPLAINT)
  }
}

const LAST_LINES = 10
const LONGEST_COMPLAINT = 1200

/** What to type in a shell. */
export function commandLine(program: string, args: readonly string[]): string {
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}

/** `"helm template pgw chart"`, as it is named in a sentence. */
export function namedCommand(program: string, args: readonly string[]): string {
  const line = commandLine(program, args)
  return line.length > 300 ? quote(line) : `"${line}"`
}
