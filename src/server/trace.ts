/** Version, trace id, span id and flags; a version to come may add more (https://www.w3.org/TR/trace-context/). */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/

/**
 * The trace that a request belongs to, 32 hexadecimal digits, as an API server with tracing sends it.
 *
 * @param traceparent the header; undefined or malformed is no trace
 */
export function traceIdIn(traceparent: string | string[] | undefined): string | undefined {
  if (typeof traceparent !== 'string') return undefined
  const [, version, id, more] = TRACEPARENT.exec(traceparent) ?? []
  return version === '00' && more !== undefined ? undefined : id
}
