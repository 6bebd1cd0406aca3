/** Something that changes under a running process, and how a change is put to use. */
export interface Followed<Value> {
  /** What is there now. Rejects where it cannot be read, or must not be used at this moment. */
  read(): Promise<Value>
  isSame(one: Value, other: Value): boolean
  /** Puts a new value to use. May throw: the last good one then stays in use. */
  use(value: Value): void
  /** Called after each look that found the value in use, or a new one that could be put to use. */
  good?(value: Value, changed: boolean): void
  /** Called for each look that could not read, and once for each value that could not be used. */
  failed(error: unknown): void
}

/**
 * One look at something that is followed, for a timer. A look without news changes nothing, and a value that cannot be
 * used leaves the last good one in use.
 *
 * Polling, because kubelet swaps a symbolic link when a Secret or a ConfigMap changes, which a watch on the file misses
 * after the first time.
 *
 * @param first the value that is in use
 */
export function follow<Value>(first: Value, { read, isSame, use, good, failed }: Followed<Value>): () => Promise<void> {
  let current = first
  let refused: { readonly value: Value } | undefined
  return async () => {
    let value: Value
    try {
      value = await read()
    } catch (error) {
      failed(error)
      return
    }
    if (refused !== undefined && isSame(refused.value, value)) return
    refused = undefined
    const changed = !isSame(current, value)
    try {
      if (changed) use(value)
      current = value
      good?.(value, changed)
    } catch (error) {
      refused = { value }
      failed(error)
    }
  }
}
