import { type Ordinals, ordinalsOf } from '../core/objects/claim-templates.ts'
import { inNamespace, pasteable } from '../core/objects/kubectl.ts'
import { annotationsOf, labelsOf } from '../core/objects/metadata.ts'
import type { Resize } from '../core/objects/replacement.ts'
import type { Subject } from '../core/subject.ts'
import { textOf, wordOf } from '../core/values/json.ts'
import type { Part } from './section.ts'

/** Longer lists become a loop of the shell. */
const LISTED = 8

/** One command for each Pod, or for each claim of a template, from its ordinal. */
export function forEach({ first, count }: Ordinals, command: (ordinal: string) => string): string[] {
  if (count <= LISTED) return Array.from({ length: count }, (_, index) => command(String(first + index)))
  return [`for i in $(seq ${first} ${first + count - 1}); do ${command('$i')}; done`]
}

/** The commands, or that there are none where a StatefulSet has no Pods. */
export function commandsOrNone(run: readonly string[]): Part {
  return run.length === 0 ? { say: 'There is none to change: the StatefulSet has no replicas.' } : { run }
}

/** `pgw-0, pgw-1 and pgw-2`: the names of Pods, or of the claims of a template. */
export function namesInWords(prefix: string, { first, count }: Ordinals): string {
  const names = Array.from({ length: Math.min(count, LISTED) }, (_, index) => `${prefix}-${first + index}`)
  if (count > LISTED) return `${names[0]} to ${prefix}-${first + count - 1}`
  const last = names.pop() ?? ''
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`
}

/** Longer lists of names are counted from here on. */
const NAMED = 16

/** `a, b`, or `a, b and 12 more`: each name once. */
export function someInWords(names: readonly string[]): string {
  const all = [...new Set(names)]
  const more = all.length - NAMED
  return more > 0 ? `${all.slice(0, NAMED).join(', ')} and ${more} more` : all.join(', ')
}

export function podName({ name }: Subject): string {
  return pasteable(name, 'NAME')
}

/** What the names of a template's claims begin with. */
export function claimPrefix(template: string, { name }: Subject): string {
  return `${pasteable(template, 'TEMPLATE')}-${pasteable(name, 'NAME')}`
}

/** Templates whose claims have commands of their own; a StatefulSet has one or two. */
const MOST_RESIZED = 32

/** A command for each claim that is there already, and how many templates there are besides. */
export function resizeCommands(growing: readonly Resize[], subject: Subject): { run: string[]; more: number } {
  const run = growing.slice(0, MOST_RESIZED).flatMap(({ template, to }) => {
    const patch = JSON.stringify({ spec: { resources: { requests: { storage: String(to) } } } })
    const [prefix, where] = [claimPrefix(template, subject), inNamespace(subject.namespace)]
    return forEach(ordinalsOfOld(subject), (ordinal) => `kubectl patch pvc ${prefix}-${ordinal}${where} -p '${patch}'`)
  })
  return { run, more: growing.length - MOST_RESIZED }
}

export function ordinalsOfOld({ oldObject }: Subject): Ordinals {
  return ordinalsOf(oldObject)
}

/** The Helm release that a StatefulSet belongs to; undefined where nothing says that Helm brought it. */
export function releaseOf({ object, oldObject, namespace }: Subject): { name: string; namespace: string } | undefined {
  for (const set of [oldObject, object]) {
    const annotations = annotationsOf(set)
    const name = annotations['meta.helm.sh/release-name']
    if (typeof name !== 'string') continue
    return { name, namespace: textOf(annotations['meta.helm.sh/release-namespace']) ?? namespace }
  }
  const labels = { ...labelsOf(oldObject), ...labelsOf(object) }
  const isHelms = labels['app.kubernetes.io/managed-by'] === 'Helm' || labels.heritage === 'Helm'
  if (!isHelms && labels['helm.sh/chart'] === undefined) return undefined
  return { name: wordOf(labels['app.kubernetes.io/instance'] ?? labels.release), namespace }
}
