import { writeSync } from 'node:fs'
import { inertJson } from '../core/values/text.ts'

/** Lines are written together: a system call for each decision would cost as much as evaluating it. */
const TOGETHER = 8192

/** And at the latest after so long. */
const FLUSH_MS = 1000

/** A reader that is only slow goes on at once: a pipe takes 64 KiB, so that this is 13 MB a second. */
const SLOW_MS = 5

/** One that has read nothing is tried again after so long. */
const STUCK_MS = 100

/** Bytes that wait at the most where nobody takes them: more than a second of the busiest server. */
export const MOST_WAITING = 4 * 1024 * 1024

/**
 * Writes lines of JSON to a descriptor without ever waiting for it. Where the disk behind it is full, or nobody reads the
 * pipe, lines wait up to a bound and are tried again; those beyond it are lost, and counted. A webhook has to go on
 * answering.
 */
export class LogOutput {
  readonly #descriptor: number
  readonly #lost: (lines: number) => void
  #lines = ''
  #blocks: Buffer[] = []
  /** Bytes of the blocks. */
  #waiting = 0
  #dropped = 0
  #isStuck = false
  #timer: NodeJS.Timeout | undefined

  /** @param lost called with the number of lines that were lost, once lines can be written again */
  constructor(descriptor: number, lost: (lines: number) => void) {
    this.#descriptor = descriptor
    this.#lost = lost
    process.once('exit', () => this.flush())
  }

  write(line: string): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#dropped++
      return
    }
    this.#lines += line
    if (this.#lines.length < TOGETHER) this.#timer ??= this.#flushIn(FLUSH_MS)
    else if (this.#isStuck) this.#gather()
    else this.flush()
  }

  flush(): void {
    this.#gather()
    const before = this.#waiting
    try {
      for (let block = this.#blocks[0]; block !== undefined; block = this.#blocks[0]) {
        const size = writeSync(this.#descriptor, block)
        this.#waiting -= size
        if (size === block.length) this.#blocks.shift()
        else this.#blocks[0] = block.subarray(size)
      }
      this.#isStuck = false
    } catch {
      this.#isStuck = true
    }
    clearTimeout(this.#timer)
    this.#timer = this.#isStuck ? this.#flushIn(this.#waiting < before ? SLOW_MS : STUCK_MS) : undefined
    if (!this.#isStuck) this.#report()
  }

  #gather(): void {
    if (this.#lines === '') return
    // Whatever is logged, the stack of an error too: JSON leaves some characters as they are that a terminal obeys.
    const block = Buffer.from(inertJson(this.#lines))
    this.#lines = ''
    this.#blocks.push(block)
    this.#waiting += block.length
  }

  #report(): void {
    const dropped = this.#dropped
    this.#dropped = 0
    if (dropped > 0) this.#lost(dropped)
  }

  /** Armed by a line, so that a server that has nothing to say does not wake up. */
  #flushIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined
      this.flush()
    }, ms).unref()
  }
}
