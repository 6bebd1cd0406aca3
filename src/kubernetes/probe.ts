import { isObject, type JsonObject } from '../core/values/json.ts'
import { ApiError } from './api-error.ts'
import type { Connection } from './kubeconfig.ts'
import { ask, askText } from './request.ts'

/** What a dry run was answered: the object as it would be created, and what the client was warned of. */
export interface DryRunResult {
  readonly object: JsonObject
  readonly warnings: readonly string[]
}

/** Without a byte. A replica answers a scrape within milliseconds. */
const PROXIED_MS = 5000

/**
 * The API server for whoever looks and changes nothing. Each request is made once, and an answer of 5xx is an answer: to
 * wait until it is another one would hide what is asked about. There is no method that writes: what creates has
 * `dryRun=All` in its path.
 */
export interface Probe {
  get(path: string): Promise<JsonObject>
  text(path: string): Promise<string>
  /** Through the API server's proxy: what hangs behind it is given up on sooner. */
  proxied(path: string): Promise<string>
  /** @param path of the collection */
  createInDryRun(path: string, object: JsonObject): Promise<DryRunResult>
  close(): void
}

/** Each method rejects with an ApiError. */
export function createProbe(connection: Connection): Probe {
  return {
    get: (path) => asApiError(() => ask(connection, 'GET', path)),
    text: (path) => asApiError(async () => (await askText(connection, 'GET', path)).text),
    proxied: (path) => asApiError(async () => (await askText(connection, 'GET', path, undefined, PROXIED_MS)).text),
    createInDryRun: (path, object) =>
      asApiError(async () => {
        const answer = await askText(connection, 'POST', `${path}?dryRun=All`, JSON.stringify(object))
        const created: unknown = JSON.parse(answer.text)
        if (!isObject(created)) throw new ApiError('Malformed', 'the answer is no JSON object')
        return { object: created, warnings: warningsIn(String(answer.headers.warning ?? '')) }
      }),
    close: () => connection.close()
  }
}

async function asApiError<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof ApiError) throw error
    const { message, code } = Object(error) as { readonly message?: string; readonly code?: unknown }
    throw new ApiError('Connection', (message || String(code)).replace(/\s+/g, ' '))
  }
}

const WARNING = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g

/** Of all headers of the name, which Node.js puts in one, and reads as Latin-1. */
function warningsIn(header: string): readonly string[] {
  const text = Buffer.from(header, 'latin1').toString()
  return [...text.matchAll(WARNING)].map(([, quoted = '']) => quoted.replaceAll(/\\(.)/g, '$1'))
}
