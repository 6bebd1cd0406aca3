import { listOf, objectOf, own, textOf } from './json.ts'
import { oneLine } from './text.ts'

/** Where something stands in an object: `['spec', 'containers', 0, 'image']`. */
export type Path = readonly (string | number)[]

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** Longer than any path to a label, whose key has 317 characters at the most. */
const LONGEST_PATH = 500

/**
 * The path as Kubernetes writes it in its own errors: `spec.containers[0].image`, and
 * `metadata.labels[helm.sh/chart]` for keys that have dots of their own. A key may be any text; the path is one line.
 */
export function fieldPath(path: Path): string {
  return written(path, String)
}

/** The path with the names of items in the place of their numbers: `spec.containers[app].image`. */
export function namedPath(path: Path, ...objects: readonly unknown[]): string {
  return written(path, (_, index) => nameOfItem(path.slice(0, index + 1), objects))
}

function written(path: Path, item: (step: number, index: number) => string): string {
  let text = ''
  for (const [index, step] of path.entries()) {
    if (typeof step === 'number') text += `[${item(step, index)}]`
    else if (!PLAIN_KEY.test(step)) text += `[${step}]`
    else text += text === '' ? step : `.${step}`
    if (text.length > LONGEST_PATH) break
  }
  return oneLine(text, LONGEST_PATH)
}

/** The name of an item in the first object that has one; nothing for an item that the API server knows by its place. */
function nameOfItem(path: Path, objects: readonly unknown[]): string {
  for (const object of objects) {
    const { name, metadata } = objectOf(valueAt(object, path))
    const text = textOf(name) ?? textOf(objectOf(metadata).name)
    if (text !== undefined) return text
  }
  return ''
}

/** What stands at a path; undefined where there is nothing. */
export function valueAt(object: unknown, path: Path): unknown {
  let value = object
  for (const step of path) value = typeof step === 'number' ? listOf(value)[step] : own(objectOf(value), step)
  return value
}

/** The path as a JSON Pointer (RFC 6901): `/metadata/labels/helm.sh~1chart`. */
export function pointer(path: Path): string {
  let text = ''
  for (const step of path) text += `/${typeof step === 'string' ? escaped(step) : step}`
  return text
}

/** The steps of a JSON Pointer, indices of lists as texts. */
export function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function escaped(step: string): string {
  return step.includes('~') || step.includes('/') ? step.replaceAll('~', '~0').replaceAll('/', '~1') : step
}
