import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** What became of pushes that each had a name of its own. */
export interface Counts {
  readonly sent: number
  /** Not taken: refused, cut off, or answered by an error. Whoever pushed knows, and may try again. */
  readonly failed: number
  /** Taken, and not there in the end. Nobody knows. */
  readonly lost: number
}

/** Pushes to a Pushgateway, one after the other. */
export class Pushes {
  readonly #url: URL
  readonly #taken = new Set<string>()
  #sent = 0

  /** @param url of the Pushgateway, with `http:` */
  constructor(url: URL) {
    this.#url = url
  }

  /** One push at a time, so many a second, until `isOver` says so. */
  async until(isOver: () => boolean, perSecond: number): Promise<void> {
    while (!isOver()) {
      const name = String(this.#sent++)
      const answer = await this.#ask('PUT', `/metrics/job/${JOB}/push/${name}`, `drill_push ${name}\n`)
      if (answer.isTaken) this.#taken.add(name)
      await sleep(1000 / perSecond)
    }
  }

  /** Asks for what is there now. Throws where the Pushgateway does not say. */
  async counts(): Promise<Counts> {
    const { isTaken, body } = await this.#ask('GET', '/metrics')
    if (!isTaken) throw new Error(`${this.#url} does not tell its metrics`)
    const there = new Set([...body.matchAll(/^drill_push\{[^}]*\bpush="(\d+)"/gm)].map(([, name]) => name))
    const lost = [...this.#taken].filter((name) => !there.has(name)).length
    return { sent: this.#sent, failed: this.#sent - this.#taken.size, lost }
  }

  /** Takes away what was pushed. */
  async remove(): Promise<void> {
    for (const name of this.#taken) await this.#ask('DELETE', `/metrics/job/${JOB}/push/${name}`)
  }

  /** By a connection of its own, as a job that ends: one that is kept would go on to the Pod that it once met. */
  #ask(method: string, path: string, body = ''): Promise<{ readonly isTaken: boolean; readonly body: string }> {
    const none = { isTaken: false, body: '' }
    return new Promise((resolve) => {
      const options = { method, agent: false, timeout: LONGEST_PUSH_MS }
      const asked = request(new URL(path, this.#url), options, async (response) => {
        const said = await text(response).catch(() => undefined)
        const status = response.statusCode ?? 0
        resolve(said === undefined ? none : { isTaken: status >= 200 && status < 300, body: said })
      })
      asked.on('timeout', () => asked.destroy())
      asked.on('error', () => resolve(none))
      asked.end(body)
    })
  }
}

const JOB = 'holdfast_drill'
const LONGEST_PUSH_MS = 5000
