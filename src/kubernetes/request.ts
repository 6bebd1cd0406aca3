import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createGunzip } from 'node:zlib'
import { metadataOf } from '../core/objects/metadata.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { ApiError, LONGEST_MESSAGE } from './api-error.ts'
import type { Connection } from './kubeconfig.ts'

/** Without a byte. The API server itself gives up on a request after a minute. */
const TIMEOUT_MS = 30_000
/**
 * What is read of one answer, so that no page can take more memory than a scan has. kube-apiserver takes objects of
 * 3 MiB at the most, so one of them always finds room.
 */
const LARGEST_ANSWER = 16 * 1024 * 1024
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** The last is server-side apply, which takes JSON for the YAML that it is. */
export type PatchType = 'application/merge-patch+json' | 'application/json-patch+json' | 'application/apply-patch+yaml'

/** One request and its answer. Rejects with an ApiError, or with what the connection or its credentials ended in. */
export async function ask(
  connection: Connection,
  method: Method,
  path: string,
  body?: string,
  type: PatchType | 'application/json' = 'application/json'
): Promise<JsonObject> {
  const { response, text } = await exchange(connection, method, path, body, type)
  return answerIn(response, text)
}

export interface AskedText {
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

/**
 * The same for an answer that is any text, such as metrics. Also rejects with an ApiError where the status is no 2xx.
 *
 * @param most milliseconds without a byte
 */
export async function askText(
  connection: Connection,
  method: 'GET' | 'POST',
  path: string,
  body?: string,
  most = TIMEOUT_MS
): Promise<AskedText> {
  const { response, text } = await exchange(connection, method, path, body, 'application/json', most)
  const { statusCode = 0, headers } = response
  if (statusCode < 200 || statusCode > 299) throw refusalIn(statusCode, headers, text)
  return { text, headers }
}

async function exchange(
  connection: Connection,
  method: Method,
  path: string,
  body: string | undefined,
  type: PatchType | 'application/json',
  most = TIMEOUT_MS
): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
  const { server } = connection
  const options = await connection.options()
  const headers = {
    ...options.headers,
    accept: 'application/json',
    // Lists are mostly repetition, and laptops are far from their clusters. kubectl asks for the same.
    'accept-encoding': 'gzip',
    'user-agent': 'holdfast',
    ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  }
  const make = server.protocol === 'http:' ? httpRequest : httpsRequest
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server)
  return new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
    const { timeout = most } = options
    const request = make(url, { ...options, method, headers, timeout }, (response) => {
      bodyOf(response).then((text) => resolve({ response, text }), reject)
    })
    request.on('error', reject)
    request.once('timeout', () => {
      reject(new ApiError('Timeout', `there was no answer within ${timeout / 1000} s`))
      request.destroy()
    })
    request.end(body)
  })
}

/** @throws ApiError TooLarge, without having read on; or Error where the connection ends too soon */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of decoded(response)) {
      chunks.push(chunk)
      length += chunk.length
      if (length > LARGEST_ANSWER) throw new ApiError('TooLarge', `the answer has more than ${LARGEST_ANSWER} bytes`)
    }
  } catch (error) {
    response.destroy()
    throw error
  }
  return Buffer.concat(chunks, length).toString()
}

function decoded(response: IncomingMessage): AsyncIterable<Buffer> {
  if (response.headers['content-encoding'] !== 'gzip') return response
  const gunzip = createGunzip()
  response.on('error', (error) => gunzip.destroy(error))
  return response.pipe(gunzip)
}

function answerIn({ statusCode = 0, headers }: IncomingMessage, body: string): JsonObject {
  const answer = parse(body)
  if (statusCode >= 200 && statusCode < 300) {
    if (isObject(answer)) return answer
    throw new ApiError('Malformed', 'the answer is no JSON object', { status: statusCode })
  }
  throw refusalIn(statusCode, headers, body)
}

function refusalIn(statusCode: number, headers: IncomingHttpHeaders, body: string): ApiError {
  const status = objectOf(parse(body))
  // What webhooks say in several lines becomes one.
  const message = (textOf(status.message) ?? `it answers ${statusCode}`).replace(/\s+/g, ' ')
  return new ApiError('Status', oneLine(message, LONGEST_MESSAGE), {
    status: statusCode,
    retryAfterMs: retryAfterIn(headers),
    continueToken: textOf(metadataOf(status).continue)
  })
}

/** In seconds from kube-apiserver. What stands before it may say a date, which is compared with its own clock. */
function retryAfterIn({ 'retry-after': wanted = '', date = '' }: IncomingHttpHeaders): number {
  if (/^\d{1,6}$/.test(wanted)) return Number(wanted) * 1000
  return Math.max(0, Date.parse(wanted) - Date.parse(date)) || 0
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
