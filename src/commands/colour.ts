/**
 * Whether escape sequences for colour are welcome on a stream: FORCE_COLOR says so for what is no terminal too, such as
 * the log of a CI run, NO_COLOR says no, and without either a terminal says what it can.
 */
export function hasColour(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'hasColors'>,
  { FORCE_COLOR: forced, NO_COLOR: none }: NodeJS.ProcessEnv = process.env
): boolean {
  if (forced !== undefined) return !['0', 'false'].includes(forced)
  if (none !== undefined && none !== '') return false
  return stream.isTTY === true && stream.hasColors()
}
