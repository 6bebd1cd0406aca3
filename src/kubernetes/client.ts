import { setTimeout as delay } from 'node:timers/promises'
import type { JsonObject } from '../core/values/json.ts'
import { oneLine } from '../core/values/text.ts'
import { HoldfastError, messageOf } from '../errors.ts'
import { ApiError, LONGEST_MESSAGE } from './api-error.ts'
import type { Connection } from './kubeconfig.ts'
import { ask, type Method, type PatchType } from './request.ts'

/** Objects of the API server as plain JSON, for whoever can wait until a busy or restarting server answers again. */
export interface Api {
  /** @param wasAllowed we have been answered before, so that a refusal is not believed at once */
  get(path: string, wasAllowed?: boolean): Promise<JsonObject>
  create(path: string, object: object): Promise<JsonObject>
  replace(path: string, object: object): Promise<JsonObject>
  patch(path: string, type: PatchType, patch: object): Promise<JsonObject>
  /**
   * @param preconditions what has to be true of the object, such as its resourceVersion
   * @param cascade what becomes of the objects that it owns; without it what is usual for its kind
   */
  remove(path: string, preconditions: JsonObject, cascade?: 'Orphan' | 'Background'): Promise<JsonObject>
  close(): void
}

/**
 * How long is waited all in all while no answer comes. kube-apiserver is back from a restart sooner than that; a server
 * that is away longer is asked once for everything else, and not waited for again.
 */
const PATIENCE_MS = 30_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5000
/**
 * How many refusals of one request are not believed. A kube-apiserver that has just started answers 401 and 403 to
 * everybody until it has read accounts and roles: 20 ms long in an empty cluster of version 1.36, longer in a full one.
 */
const DOUBTS = 3

/**
 * Each method rejects with an ApiError. Only where the very first request does not reach an API server that knows us, it
 * is a HoldfastError CLUSTER_UNREACHABLE, at once: that is a wrong address more often than a restart.
 *
 * @param sleep for tests that do not want to wait
 * @param isAllowed the caller knows that it may do whatever it asks for, so that no refusal is believed at once
 */
export function createApi(
  connection: Connection,
  sleep: (ms: number) => Promise<unknown> = delay,
  isAllowed = false
): Api {
  let isKnown = false
  let waited = 0

  const once = async (method: Method, path: string, body?: string, type?: PatchType): Promise<JsonObject> => {
    try {
      const answer = await ask(connection, method, path, body, type)
      isKnown = true
      return answer
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError('Connection', reasonOf(error))
      if (!isKnown && isUnreachable(failure)) throw unreachable(connection, failure)
      isKnown = true
      throw failure
    }
  }

  const patiently = async (
    method: Method,
    path: string,
    object?: object,
    { wasAllowed = false, type }: { readonly wasAllowed?: boolean | undefined; readonly type?: PatchType } = {}
  ) => {
    const body = object === undefined ? undefined : JSON.stringify(object)
    let doubts = wasAllowed || isAllowed ? DOUBTS : 0
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        const answer = await once(method, path, body, type)
        waited = 0
        return answer
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        const isPassing = error.isPassing || (error.isRefusal && doubts-- > 0)
        if (error.isPassing) doubts = DOUBTS
        // A no is an answer, too.
        if (!isPassing && error.failure !== 'Timeout') waited = 0
        const pause = Math.max(wait, error.retryAfterMs)
        if (!isPassing || waited + pause > PATIENCE_MS) throw error
        waited += pause
        await sleep(pause)
      }
    }
  }

  return {
    get: (path, wasAllowed) => patiently('GET', path, undefined, { wasAllowed }),
    create: (path, object) => patiently('POST', path, object),
    replace: (path, object) => patiently('PUT', path, object),
    patch: (path, type, patch) => patiently('PATCH', path, patch, { type }),
    remove: (path, preconditions, propagationPolicy) =>
      patiently('DELETE', path, { preconditions, ...(propagationPolicy && { propagationPolicy }) }),
    close: () => connection.close()
  }
}

function isUnreachable({ failure, status }: ApiError): boolean {
  return failure === 'Connection' || failure === 'Timeout' || status === 401
}

function unreachable({ server, cluster }: Connection, { status, message }: ApiError): HoldfastError {
  const what = status === 401 ? 'does not accept the credentials' : 'cannot be reached'
  return new HoldfastError('CLUSTER_UNREACHABLE', `${cluster} (${server.origin}) ${what}: ${message}`)
}

/**
 * Node.js tries several addresses of one name, and then has no message but that of each. A certificate that is not
 * trusted is quoted in the message, so that whoever answers has a word in it.
 */
function reasonOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown }
  return oneLine(messageOf(error), LONGEST_MESSAGE) || String(code)
}
