import { baseName, type Container, wordsOf } from '../objects/pod.ts'
import { textsOf } from '../values/json.ts'

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

const SHELLS = ['sh', 'bash', 'ash', 'dash']
const INITS = ['tini', 'dumb-init', 'catatonit', 'docker-init']

/** What parts the words of a script: not the no-break space and the like, which are letters to a shell. */
const BLANKS = /[\t\n\v\f\r ]+/

/** Longer scripts are not read to their end. */
const READ_CHARACTERS = 4096

/** Whether the program is started by a shell, whose script says what the flags are and cannot be read here. */
export function isStartedByShell(container: Container): boolean {
  return SHELLS.includes(baseName(wordsOf(container)[0] ?? ''))
}

/**
 * The name of the program that a container starts, as far as the Pod says: its command, what an init such as tini is to
 * start, or what a shell's script begins with. Undefined where the image decides.
 */
export function programOf(container: Container): string | undefined {
  const words = wordsOf(container)
  let at = 0
  if (INITS.includes(baseName(words[0] ?? ''))) {
    at = 1
    while (words[at]?.startsWith('-')) at++
  }
  const word = words[at]
  // Without a command, `args` go to the image's own program, unless they name one by its path.
  if (word === undefined || (textsOf(container.object.command).length === 0 && !word.startsWith('/'))) return undefined
  if (!SHELLS.includes(baseName(word)) || words[at + 1] !== '-c') return baseName(word)
  const script = (words[at + 2] ?? '').slice(0, READ_CHARACTERS)
  const [first = '', second = ''] = script.split(BLANKS).filter((part) => part !== '')
  return baseName(first === 'exec' ? second : first)
}

/** Whether kubelet puts something else in its place, such as `$(POD_NAME)`. */
export function isExpanded(text: string): boolean {
  return text.includes('$(')
}
