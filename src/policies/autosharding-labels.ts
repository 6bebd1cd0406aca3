import { STATEFUL_SET } from '../core/objects/kinds.ts'
import { restartCommand } from '../core/objects/kubectl.ts'
import { annotationsOf, labelsOf, specOf } from '../core/objects/metadata.ts'
import { containersOf } from '../core/objects/pod.ts'
import { isSameQuantity } from '../core/objects/quantity.ts'
import { rollsAllPods } from '../core/objects/workload.ts'
import { definePolicy, type Finding } from '../core/policy.ts'
import { followsByLabels, isAutosharded, KUBE_STATE_METRICS } from '../core/programs/kube-state-metrics.ts'
import type { Subject } from '../core/subject.ts'
import { hashOf } from '../core/values/canonical.ts'
import { differencesBetween } from '../core/values/differences.ts'
import { objectOf, own, textOf } from '../core/values/json.ts'
import type { Path } from '../core/values/path.ts'
import { quote } from '../core/values/text.ts'
import { valueChange } from '../core/values/value-change.ts'

/** On the Pod template: another value makes the StatefulSet roll its Pods. */
export const HASH_ANNOTATION = 'holdfast.dev/autosharding-labels'

const NAMED_LABELS = 16

/**
 * kube-state-metrics 1.8 to 2.12 watches its own StatefulSet by the labels that it had when the Pod started. A label that
 * changes or goes away takes the StatefulSet out of sight, and the shard count stays what it was until a restart.
 */
export default definePolicy({
  id: 'autosharding-labels',
  summary: 'A label change does not freeze the shard count of kube-state-metrics.',
  defaultMode: 'warn',
  matches: [
    {
      phase: 'mutate',
      operation: 'UPDATE',
      resource: STATEFUL_SET,
      about: { kind: 'labels-of-program', program: KUBE_STATE_METRICS, annotation: HASH_ANNOTATION }
    }
  ],
  options: {
    onChange: {
      type: 'string',
      enum: ['warn', 'restart', 'reject'],
      enforcedOnly: ['restart', 'reject'],
      default: 'warn',
      description:
        'What to do with an update that changes or removes a label of the StatefulSet without restarting its Pods: ' +
        '`warn` warns; `restart` adds a hash of the labels to the Pod template, so that the Pods restart once; ' +
        '`reject` refuses the update. `restart` and `reject` need `mode: enforce`.'
    }
  },
  comparesOld: true,
  *check(subject, { options }) {
    const shards = containersOf(objectOf(specOf(subject.object).template)).filter(isAutosharded)
    if (shards.length === 0 || specOf(subject.object).replicas === 0) return
    const versions = shards.map(followsByLabels)
    if (versions.every((affected) => affected === false)) return
    const changed = changedLabels(subject)
    const finding =
      changed.length > 0 && !restartsAnyway(subject) && !isRestarted(subject)
        ? frozenShards(subject, changed, versions.includes(true) ? options.onChange : 'warn')
        : undefined
    if (finding !== undefined) yield finding
    if (finding?.fix === undefined) yield* carriedHash(subject, options.onChange)
  }
})

interface LabelChange {
  readonly key: string
  readonly before: unknown
  readonly after: unknown
}

/** A label that is new does no harm: the StatefulSet still carries all that the Pods look for. */
function changedLabels({ object, oldObject }: Subject): LabelChange[] {
  const [before, after] = [labelsOf(oldObject), labelsOf(object)]
  return Object.keys(before)
    .filter((key) => own(before, key) !== own(after, key))
    .map((key) => ({ key, before: own(before, key), after: own(after, key) }))
}

function inWords({ key, before, after }: LabelChange): string {
  return `${key} ${quote(before)} → ${after === undefined ? 'none' : quote(after)}`
}

/** A changed template restarts the Pods, and with them what they look for. */
function restartsAnyway(subject: Subject): boolean {
  return rollsAllPods(subject.object) && isTemplateChanged(subject)
}

/** Seen before, in this very request: another webhook changed something after us, and we are asked again. */
function isRestarted({ object }: Subject): boolean {
  return hashIn(object) === hashOf(labelsOf(object))
}

function isTemplateChanged({ object, oldObject }: Subject): boolean {
  const isSame = (path: Path, before: unknown, after: unknown): boolean =>
    path.at(-1) === HASH_ANNOTATION || (path.includes('resources') && isSameQuantity(before, after))
  return differencesBetween(specOf(oldObject).template, specOf(object).template, { keep: 0, isSame }).total > 0
}

function frozenShards(
  subject: Subject,
  changed: readonly LabelChange[],
  onChange: 'warn' | 'restart' | 'reject'
): Finding {
  const named = changed.slice(0, NAMED_LABELS)
  const words = named.map(inWords).join(', ')
  const more = changed.length > NAMED_LABELS ? ` and ${changed.length - NAMED_LABELS} more` : ''
  const finding = {
    field: ['metadata', 'labels'],
    problem: `kube-state-metrics before 2.13 stops following its shard count when a label of its StatefulSet changes without a restart: ${words}${more}`,
    remediation: `upgrade kube-state-metrics to 2.13 or later, or ${restartOf(subject)}`,
    changes: named.map(({ key, before, after }) => valueChange(key, before, after))
  }
  if (onChange === 'reject') return finding
  if (onChange === 'warn' || !rollsAllPods(subject.object)) return { ...finding, advice: true }
  const edits = [{ path: hashPath, value: hashOf(labelsOf(subject.object)) }]
  return {
    ...finding,
    fix: { edits, does: `restarts the Pods of kube-state-metrics once, because labels change: ${words}${more}` }
  }
}

function restartOf(subject: Subject): string {
  if (!rollsAllPods(subject.object))
    return 'delete its Pods one by one after the change: its update strategy does not restart them'
  return `change a label of the Pod template too, or run "${restartCommand(subject)}" after the change`
}

const hashPath = ['spec', 'template', 'metadata', 'annotations', HASH_ANNOTATION]

/**
 * A client that writes the whole object drops the hash that it does not know, and the Pods would restart once more for
 * nothing. So it is put back, as long as a restart is what was asked for.
 */
function* carriedHash({ object, oldObject }: Subject, onChange: string): Generator<Finding> {
  if (onChange !== 'restart') return
  const [before, after] = [hashIn(oldObject), hashIn(object)]
  if (before === undefined || after !== undefined) return
  yield {
    field: hashPath,
    problem: `the update drops the annotation ${HASH_ANNOTATION}, which would restart the Pods`,
    remediation: 'leave it, or set onChange to warn before you remove it',
    fix: {
      edits: [{ path: hashPath, value: before }],
      does: `keeps the annotation ${HASH_ANNOTATION}, so that the Pods do not restart again`
    }
  }
}

function hashIn(object: Subject['object']): string | undefined {
  return textOf(own(annotationsOf(objectOf(specOf(object).template)), HASH_ANNOTATION))
}
