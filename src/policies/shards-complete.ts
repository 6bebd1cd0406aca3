import { CONFIG_MAP, DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { flagValue } from '../core/programs/arguments.ts'
import { isAutosharded } from '../core/programs/kube-state-metrics.ts'
import { prometheusConfigOf, scrapeConfigsIn } from '../core/programs/prometheus-config.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import type { Subject } from '../core/subject.ts'
import { integerOf, type JsonObject, listOf, objectOf, textOf, textsOf, wordOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'shards-complete',
  summary: 'Every shard of a job or of kube-state-metrics is assigned to a workload.',
  defaultMode: 'warn',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, CONFIG_MAP],
  needs: [DEPLOYMENT, STATEFUL_SET],
  appliesTo: (set) => runnersOfRole(set, 'prometheus', 'agent', 'kube-state-metrics').length > 1,
  *checkSet(set) {
    const shards = shardsIn(set)
    for (const [group, members] of Map.groupBy(shards, ({ group }) => group)) yield* incomplete(group, members)
  }
})

/** One of several workloads, and the part that it takes. */
interface Shard {
  /** What is shared, with the number of parts: members of one group belong together. */
  readonly group: string
  readonly index: number
  readonly total: number
  readonly subject: Subject
}

function shardsIn(set: SubjectSet): readonly Shard[] {
  return [
    ...runnersOfRole(set, 'kube-state-metrics').flatMap((runner) => shardOfFlags(runner) ?? []),
    ...runnersOfRole(set, 'prometheus', 'agent').flatMap((runner) => shardsOfConfig(set, runner))
  ]
}

function shardOfFlags({ subject, container }: Runner): Shard | undefined {
  if (container === undefined || isAutosharded(container)) return undefined
  const [index, total] = ['shard', 'total-shards'].map((name) => wholeNumber(flagValue(container, name)))
  if (index === undefined || total === undefined || total < 2) return undefined
  return { group: `kube-state-metrics over ${total} shards`, index, total, subject }
}

/** What a configuration cannot say is not told: a Prometheus whose file is elsewhere takes no part. */
function shardsOfConfig(set: SubjectSet, runner: Runner): readonly Shard[] {
  const configured = prometheusConfigOf(set, runner)
  if (configured.kind === 'unknown') return []
  return scrapeConfigsIn(configured.config).flatMap((job) => {
    const part = partOf(job)
    if (part === undefined) return []
    const group = `the job ${textOf(job.job_name) ?? ''} over ${part.total} shards`
    return [{ ...part, group, subject: runner.subject }]
  })
}

/** `hashmod` into a label, and the one value of it that is kept. */
function partOf(job: JsonObject): { readonly index: number; readonly total: number } | undefined {
  const configs = listOf(job.relabel_configs).map(objectOf)
  const hash = configs.find(({ action }) => action === 'hashmod')
  const total = integerOf(hash?.modulus)
  const label = textOf(hash?.target_label)
  if (total === undefined || total < 2 || label === undefined) return undefined
  const kept = configs.find(({ action, source_labels }) => {
    const sources = textsOf(source_labels)
    return action === 'keep' && sources.length === 1 && sources[0] === label
  })
  const index = wholeNumber(kept?.regex)
  return index === undefined ? undefined : { index, total }
}

function wholeNumber(value: unknown): number | undefined {
  const match = /^\^?(\d{1,5})\$?$/.exec(wordOf(value))
  return match === null ? undefined : Number(match[1])
}

function* incomplete(group: string, members: readonly Shard[]): Generator<SetFinding> {
  const subjects = [...new Set(members.map(({ subject }) => subject))].toSorted((one, other) =>
    nameOf(one) < nameOf(other) ? -1 : 1
  )
  const [first, ...others] = subjects
  const total = members[0]?.total ?? 0
  // One alone may be a part of something that is elsewhere.
  if (first === undefined || others.length === 0) return
  const counts = new Map(Array.from({ length: total }, (_, index) => [index, 0]))
  for (const { index } of members) counts.set(index, (counts.get(index) ?? 0) + 1)
  const missing = [...counts].flatMap(([index, count]) => (count === 0 ? [index] : []))
  const most = Math.max(...counts.values())
  const uneven = [...counts].flatMap(([index, count]) => (count > 0 && count < most ? [index] : []))
  if (missing.length === 0 && uneven.length === 0) return
  const what =
    missing.length > 0
      ? `no workload has shard ${listed(missing)} of 0 to ${total - 1}, so its targets or objects are missing`
      : `fewer workloads have shard ${listed(uneven)} of 0 to ${total - 1} than the others`
  yield {
    object: first,
    involved: others,
    field: ['spec', 'template', 'spec', 'containers'],
    identity: group,
    problem: `${group} is incomplete: ${what}`,
    remediation: `assign each number from 0 to ${total - 1} to the same number of workloads`
  }
}

/** Numbers that a sentence names. */
const MOST_NAMED = 10

function listed(numbers: readonly number[]): string {
  const more = numbers.length > MOST_NAMED ? ` and ${numbers.length - MOST_NAMED} more` : ''
  return `${numbers.slice(0, MOST_NAMED).join(', ')}${more}`
}

function nameOf({ kind, name }: Subject): string {
  return `${kind}/${name}`
}
