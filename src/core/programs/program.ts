import { parseImage } from '../objects/image.ts'
import { type Container, exposes, imageOf, nameOfContainer, wordsOf } from '../objects/pod.ts'
import { isStartedByShell, programOf } from './arguments.ts'

/**
 * What tells a program apart from all others, as data. Two things are made of it: the function that recognises the program
 * (each program has one beside its data, out of the functions below), and the conditions by which the API server calls
 * the webhook (match-conditions.ts), which are wider and never narrower. So all of it is lower-case letters, digits, dots
 * and dashes, which mean the same in a pattern, in CEL and in YAML.
 */
export interface Program {
  /** As its project spells it. */
  readonly name: string
  /** Names of its images: the last segment of the repository, whatever registry, tag and digest. Not by prefix. */
  readonly images: readonly string[]
  /**
   * The images of other programs contain such a name too, as `prometheus/node-exporter` does. The conditions then compare
   * the segment, which takes a pattern, rather than look for the name.
   */
  readonly sharesImageNames?: true
  /** Names of the file that a container starts. */
  readonly commands?: readonly string[]
  /** How flags begin that no other program takes, without dashes; `--no-…` is the same flag. */
  readonly flags?: readonly string[]
  /** Names of containers, which count together with a port that the container declares. */
  readonly containers?: { readonly names: readonly string[]; readonly port: number }
}

export function hasImageOf({ images }: Program, container: Container): boolean {
  return images.includes(parseImage(imageOf(container)).name)
}

/** Whether an image that carries other programs too runs its own: a command of another name is another program. */
export function runsImageOf(program: Program, container: Container, command: string): boolean {
  if (!hasImageOf(program, container)) return false
  const started = programOf(container)
  return started === undefined || started === command || isStartedByShell(container)
}

export function startsCommandOf({ commands = [] }: Program, container: Container): boolean {
  const started = programOf(container)
  return started !== undefined && commands.includes(started)
}

export function hasFlagOf({ flags = [] }: Program, container: Container): boolean {
  return wordsOf(container).some((word) => {
    if (!word.startsWith('--')) return false
    const start = word.startsWith('no-', 2) ? 5 : 2
    return flags.some((flag) => word.startsWith(flag, start))
  })
}

export function hasNameAndPortOf({ containers }: Program, container: Container): boolean {
  if (containers === undefined || !containers.names.includes(nameOfContainer(container))) return false
  return exposes(container, containers.port)
}
