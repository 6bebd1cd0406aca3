import { CONFIG_MAP, DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { type Configured, prometheusConfigOf, scrapeConfigsIn } from '../core/programs/prometheus-config.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import { type JsonObject, objectOf, textOf, textsOf, wordOf } from '../core/values/json.ts'

export default defineSetPolicy({
  id: 'pair-differs',
  summary: 'Two Prometheus servers that are a pair have the same scrape and rule configuration.',
  defaultMode: 'warn',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, CONFIG_MAP],
  needs: [],
  appliesTo: (set) => pairsIn(set).length > 0,
  *checkSet(set) {
    for (const [one, other] of pairsIn(set)) yield* differing(set, one, other)
  }
})

type Pair = readonly [one: Runner, other: Runner]

/** `prometheus-0` and `prometheus-1`, `prometheus-a` and `prometheus-b`. */
const NUMBERED = /^(.+)-(?:(0|a)|(1|b))$/

function pairsIn(set: SubjectSet): readonly Pair[] {
  const runners = runnersOfRole(set, 'prometheus').filter(({ container }) => container !== undefined)
  return runners.flatMap((one): Pair[] => {
    const [, base, first] = NUMBERED.exec(one.subject.name) ?? []
    if (base === undefined || first === undefined) return []
    const second = `${base}-${first === '0' ? '1' : 'b'}`
    const other = runners.find(({ subject }) => subject.name === second && subject.kind === one.subject.kind)
    return other === undefined ? [] : [[one, other]]
  })
}

type Known = Extract<Configured, { kind: 'known' }>

/** Jobs of the same names that make two workloads a pair, of all jobs that either has. */
const ALIKE = 0.8

function* differing(set: SubjectSet, one: Runner, other: Runner): Generator<SetFinding> {
  const [left, right] = [prometheusConfigOf(set, one), prometheusConfigOf(set, other)]
  // Names that look like a pair's are no reason to tell anybody that a file could not be read.
  if (left.kind === 'unknown' || right.kind === 'unknown') return
  if (left.source === right.source && left.key === right.key) return
  const [jobs, others] = [jobsOf(left), jobsOf(right)]
  const shared = [...jobs.keys()].filter((name) => others.has(name))
  const all = new Set([...jobs.keys(), ...others.keys()])
  if (shared.length === 0 || shared.length < ALIKE * all.size) return
  const differences = [
    ...shared.flatMap((name) => differencesIn(name, jobs.get(name), others.get(name))),
    ...(rulesOf(left) === rulesOf(right) ? [] : ['rule_files']),
    ...(globalIn(left, 'evaluation_interval') === globalIn(right, 'evaluation_interval') ? [] : ['evaluation_interval'])
  ]
  if (differences.length === 0) return
  yield {
    object: right.source,
    involved: [other.subject, one.subject, left.source],
    field: ['data', right.key],
    identity: `differs from ${one.subject.kind} ${one.subject.name}`,
    problem: `${one.subject.name} and ${other.subject.name} scrape the same jobs and differ in ${listed(differences)}: they return different data and alerts`,
    remediation: 'let both use one configuration, or give them names that are not those of a pair',
    info: true
  }
}

function jobsOf({ config }: Known): ReadonlyMap<string, JsonObject> {
  const global = objectOf(config.global)
  const jobs = scrapeConfigsIn(config).map((job): [string, JsonObject] => [
    textOf(job.job_name) ?? '',
    { scrape_interval: global.scrape_interval, scrape_timeout: global.scrape_timeout, ...job }
  ])
  return new Map(jobs)
}

function differencesIn(name: string, one: JsonObject = {}, other: JsonObject = {}): string[] {
  return ['scrape_interval', 'scrape_timeout'].flatMap((field) =>
    wordOf(one[field]) === wordOf(other[field]) ? [] : [`${field} of ${name}`]
  )
}

function rulesOf({ config }: Known): string {
  return [...textsOf(config.rule_files)].sort().join('\n')
}

function globalIn({ config }: Known, field: string): string {
  return wordOf(objectOf(config.global)[field])
}

/** Differences that a sentence names. */
const MOST_NAMED = 5

function listed(differences: readonly string[]): string {
  const more = differences.length > MOST_NAMED ? ` and ${differences.length - MOST_NAMED} more` : ''
  return `${differences.slice(0, MOST_NAMED).join(', ')}${more}`
}
