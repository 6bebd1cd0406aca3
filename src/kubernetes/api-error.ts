/** Of what others say, in characters. */
export const LONGEST_MESSAGE = 500

/** What was met in the place of an answer. `Status` is an answer that says no. */
export type Failure = 'Status' | 'Connection' | 'Timeout' | 'TooLarge' | 'Malformed'

interface Details {
  readonly status?: number
  readonly retryAfterMs?: number
  readonly continueToken?: string | undefined
}

/** The API server did not give what was asked for. The message is its own, or that of the connection. */
export class ApiError extends Error {
  readonly failure: Failure
  /** Of HTTP; 0 where there was none. */
  readonly status: number
  /** What `Retry-After` asks for; 0 where it does not. */
  readonly retryAfterMs: number
  /** With 410: where a list that took too long may go on, on newer data. */
  readonly continueToken: string | undefined

  constructor(failure: Failure, message: string, { status = 0, retryAfterMs = 0, continueToken }: Details = {}) {
    super(message)
    this.name = 'ApiError'
    this.failure = failure
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.continueToken = continueToken
  }

  get isForbidden(): boolean {
    return this.status === 403
  }

  /** Whether it says who may, rather than what there is. */
  get isRefusal(): boolean {
    return this.status === 401 || this.status === 403
  }

  /**
   * Whether it is likely to be over in a moment: too many requests, a server that starts, a connection that it closed.
   * One that let a request hang is not asked to do so again.
   */
  get isPassing(): boolean {
    return this.failure === 'Connection' || this.status === 429 || this.status >= 500
  }
}
