import { type Container, wordsOf } from './pod.ts'

/**
 * The values of a command line flag, in both forms that programs of the Prometheus family take: `--name=value` and
 * `--name value`.
 *
 * @param name without the dashes: `storage.tsdb.path`
 */
export function flagValues(container: Container, name: string): readonly string[] {
  const words = wordsOf(container)
  const values: string[] = []
  for (const [index, word] of words.entries()) {
    const value = word === `--${name}` ? words[index + 1] : undefined
    if (value !== undefined) values.push(value)
    else if (word.startsWith(`--${name}=`)) values.push(word.slice(name.length + 3))
  }
  return values
}

/** The value that counts where a flag stands several times: the last one. */
export function flagValue(container: Container, name: string): string | undefined {
  return flagValues(container, name).at(-1)
}

/** Whether a flag without a value is set: `--agent`, and not `--no-agent` after it. */
export function hasSwitch(container: Container, name: string): boolean {
  let on = false
  for (const word of wordsOf(container)) {
    if (word === `--${name}` || word === `--${name}=true`) on = true
    else if (word === `--no-${name}` || word === `--${name}=false`) on = false
  }
  return on
}

const SHELLS = ['sh', 'bash', 'ash', 'dash', 'busybox']

/** Whether the program is started by a shell, whose script says what the flags are and cannot be read here. */
export function isStartedByShell(container: Container): boolean {
  const [first = ''] = wordsOf(container)
  return SHELLS.includes(baseName(first))
}

/** Whether kubelet puts something else in its place, such as `$(POD_NAME)`. */
export function isExpanded(text: string): boolean {
  return text.includes('$(')
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
