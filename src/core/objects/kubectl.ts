import type { Subject } from '../subject.ts'
import { type JsonObject, objectOf } from '../values/json.ts'
import { oneLine } from '../values/text.ts'
import { specOf } from './metadata.ts'
import type { Cascade } from './replacement.ts'

/**
 * Command lines of kubectl that can be pasted into a shell as they are. What came from a file stands in them only where a
 * shell cannot read it as anything but a name; a placeholder in capitals stands there otherwise.
 */

/** Kubernetes accepts no longer ones, and a name stands in each command of a recipe. */
const LONGEST_NAME = 253

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** A name as it can be pasted into a shell: one that a shell could read as more is left for the reader to fill in. */
export function pasteable(name: string, placeholder: string): string {
  return name.length <= LONGEST_NAME && DNS_NAME.test(name) ? name : placeholder
}

/** ` -n NAMESPACE`; nothing where it is not known. */
export function inNamespace(namespace: string): string {
  return namespace === '' ? '' : ` -n ${pasteable(namespace, 'NAMESPACE')}`
}

/** Ready to paste, its flag before its names, which may be long. */
export function deleteCommand({ name, namespace }: Subject, cascade: Cascade): string {
  const flag = cascade === 'orphan' ? ' --cascade=orphan' : ''
  return `kubectl delete statefulset${flag} ${pasteable(name, 'NAME')}${inNamespace(namespace)}`
}

/** Ready to paste: makes the Pods of a StatefulSet anew, one after the other. */
export function restartCommand({ name, namespace }: Subject): string {
  return `kubectl rollout restart statefulset ${pasteable(name, 'NAME')}${inNamespace(namespace)}`
}

/** `statefulset pgw -n monitoring`, as `kubectl get` and others take it. */
export function setArguments({ name, namespace }: Subject): string {
  return `statefulset ${pasteable(name, 'NAME')}${inNamespace(namespace)}`
}

/** Of labels that are pasted; a value has 63 characters at the most, and charts select by two or three. */
const LONGEST_SELECTOR = 2000

/** A key or a value as Kubernetes takes it: one that begins with a hyphen looks like a flag. */
const LABEL = /^(?:[A-Za-z0-9][A-Za-z0-9._/-]*)?$/

/**
 * ` -l app=pgw`, which chooses the Pods of a StatefulSet, and its claims too: the controller labels both with the
 * selector. Empty where a label could not be pasted, or nobody would paste so many.
 */
export function selectorFlag(set: JsonObject): string {
  const labels = Object.entries(objectOf(objectOf(specOf(set).selector).matchLabels))
  const isPlain = labels.every(([key, value]) => LABEL.test(key) && typeof value === 'string' && LABEL.test(value))
  if (labels.length === 0 || !isPlain) return ''
  const selector = labels.map(([key, value]) => `${key}=${value}`).join(',')
  return selector.length > LONGEST_SELECTOR ? '' : ` -l ${selector}`
}

/** kubectl reads a list with commas, in which quotation marks mean something, and fetches what looks like an address. */
const NO_FILE = /[,"]|^https?:\/\//

/** A file as `kubectl apply -f` takes it, in single quotes where it needs them. */
export function fileArgument(path: string | undefined): string {
  if (path === undefined || NO_FILE.test(path) || oneLine(path) !== path) return 'FILE'
  return /^[A-Za-z0-9._/@%+=:-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
