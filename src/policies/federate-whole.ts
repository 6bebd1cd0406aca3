import { CONFIG_MAP, DEPLOYMENT, STATEFUL_SET } from '../core/objects/kinds.ts'
import { defineSetPolicy, type SetFinding } from '../core/policy.ts'
import { prometheusConfigOf, scrapeConfigsIn } from '../core/programs/prometheus-config.ts'
import { type Runner, runnersOfRole } from '../core/programs/runners.ts'
import type { SubjectSet } from '../core/set.ts'
import { objectOf, textOf, textsOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'

export default defineSetPolicy({
  id: 'federate-whole',
  summary: 'A federation job keeps the original labels and selects only some series.',
  defaultMode: 'warn',
  options: {},
  reads: [DEPLOYMENT, STATEFUL_SET, CONFIG_MAP],
  needs: [],
  appliesTo: (set) => runnersOfRole(set, 'prometheus', 'agent').length > 0,
  *checkSet(set) {
    for (const runner of runnersOfRole(set, 'prometheus', 'agent')) yield* federating(set, runner)
  }
})

function* federating(set: SubjectSet, { subject, ...runner }: Runner): Generator<SetFinding> {
  const configured = prometheusConfigOf(set, { subject, ...runner })
  // A job that nobody can read is no sign of one that federates.
  if (configured.kind === 'unknown') return
  for (const job of scrapeConfigsIn(configured.config)) {
    if (!/^\/(?:[\w/-]*\/)?federate$/.test(textOf(job.metrics_path) ?? '')) continue
    const name = textOf(job.job_name) ?? ''
    const found = { object: configured.source, involved: [subject], field: ['data', configured.key] }
    if (job.honor_labels !== true) {
      yield {
        ...found,
        identity: `labels of job ${name} of ${subject.kind} ${subject.name}`,
        problem: `the job ${quote(name)} federates without honor_labels: job and instance of every series become those of the other Prometheus, and the real ones are called exported_job and exported_instance`,
        remediation: 'set honor_labels: true in that job'
      }
    }
    const all = textsOf(objectOf(job.params)['match[]']).find(isEverything)
    if (all === undefined) continue
    yield {
      ...found,
      identity: `everything in job ${name} of ${subject.kind} ${subject.name}`,
      problem: `the job ${quote(name)} selects all series (match[] ${all}): each scrape takes all series of the other Prometheus at once, and both run out of memory or time as it grows`,
      remediation: 'select only aggregated series, as in {__name__=~"job:.*"}, or use remote write for all of them'
    }
  }
}

/** A selector of which every series is a part, as documents and examples have it. */
const EVERYTHING = /^\{\s*(?:(?:__name__|job|instance)\s*(?:=~\s*["']\.[*+]["']|!=\s*["']["'])\s*)?,?\s*\}$/

function isEverything(selector: string): boolean {
  return EVERYTHING.test(selector.slice(0, 200).trim())
}
