import { writeSync } from 'node:fs'

/** Lines are written together: a system call for each decision would cost as much as evaluating it. */
const TOGETHER = 8192

/** And at the latest after so long. What could not be written is tried again after as long. */
const FLUSH_MS = 1000

/** Bytes that wait at the most where nobody takes them: ten seconds of a busy server. */
export const MOST_WAITING = 1024 * 1024

/**
 * Writes lines to a descriptor without ever waiting for it. Where the disk behind it is full, or nobody reads the pipe,
 * lines wait up to a bound and are tried again; those beyond it are lost, and counted. A webhook has to go on answering.
 */
export class LogOutput {
  readonly #descriptor: number
  readonly #lost: (lines: number) => void
  #waiting: Buffer[] = []
  #size = 0
  #dropped = 0
  #isStuck = false
  #isArmed = false

  /** @param lost called with the number of lines that were lost, once lines can be written again */
  constructor(descriptor: number, lost: (lines: number) => void) {
    this.#descriptor = descriptor
    this.#lost = lost
    process.once('exit', () => this.flush())
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#size + bytes.length > MOST_WAITING) {
      this.#dropped++
      return
    }
    this.#waiting.push(bytes)
    this.#size += bytes.length
    if (this.#size >= TOGETHER && !this.#isStuck) this.flush()
    else this.#arm()
  }

  flush(): void {
    let bytes = Buffer.concat(this.#waiting)
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes))
      this.#isStuck = false
    } catch {
      this.#isStuck = true
    }
    this.#waiting = bytes.length === 0 ? [] : [bytes]
    this.#size = bytes.length
    if (this.#isStuck) this.#arm()
    else this.#report()
  }

  #report(): void {
    const dropped = this.#dropped
    this.#dropped = 0
    if (dropped > 0) this.#lost(dropped)
  }

  /** By a line, so that a server that has nothing to say does not wake up. */
  #arm(): void {
    if (this.#isArmed) return
    this.#isArmed = true
    setTimeout(() => {
      this.#isArmed = false
      this.flush()
    }, FLUSH_MS).unref()
  }
}
