import { type Counters, type DryRun, knownValue } from './evidence.ts'
import { isOfOneProcess, sumOfSeries } from './metrics-text.ts'
import { isMarked } from './probe-pod.ts'

/** What the counters say of a dry run. */

const REVIEWS = { kind: 'Pod', operation: 'CREATE' } as const

/**
 * How many reviews of new Pods arrived meanwhile: by the replicas, where all of them could be read both times, or else by
 * the API server. It may be one of several, and another than the one that answered the dry run: that it counted fewer
 * than there were then says nothing. Undefined where it is not known.
 */
export function arrivals({ entry, answers, before, after }: DryRun): number | undefined {
  const counted = byReplicas(before, after)
  if (counted !== undefined) return counted
  const [first, last] = [knownValue(before.apiServer), knownValue(after.apiServer)]
  if (first === undefined || last === undefined || !isOfOneProcess(first, last)) return undefined
  const calls = (text: string): number =>
    sumOfSeries(text, 'apiserver_admission_webhook_request_total', { name: entry, code: '200' })
  const called = calls(last) - calls(first)
  return called > 0 && called >= answers.length ? called : undefined
}

function byReplicas(before: Counters, after: Counters): number | undefined {
  const [first, last] = [reviewsOf(before), reviewsOf(after)]
  if (first === undefined || last === undefined || last.size === 0) return undefined
  let sum = 0
  for (const [pod, number] of last) {
    const was = first.get(pod)
    // A replica that was restarted or came in between tells nothing.
    if (was === undefined || was > number) return undefined
    sum += number - was
  }
  return sum
}

function reviewsOf({ replicas }: Counters): ReadonlyMap<string, number> | undefined {
  const reviews = new Map<string, number>()
  for (const { pod, metrics } of knownValue(replicas) ?? []) {
    const text = knownValue(metrics)
    if (text === undefined) return undefined
    reviews.set(pod, sumOfSeries(text, 'holdfast_reviews_total', REVIEWS))
  }
  return reviews
}

/** Whether each of its calls was answered, by what the answers show or by what was counted. */
export function isAnswered(dryRun: DryRun): boolean {
  const { answers } = dryRun
  if (answers.length === 0 || isFailedOpen(dryRun)) return false
  return answers.every(isMarked) || (arrivals(dryRun) ?? 0) >= answers.length
}

/** Whether one API server says itself that it went on without an answer. */
export function isFailedOpen({ entry, before, after }: DryRun): boolean {
  const [first, last] = [knownValue(before.apiServer), knownValue(after.apiServer)]
  if (first === undefined || last === undefined || !isOfOneProcess(first, last)) return false
  const open = (text: string): number =>
    sumOfSeries(text, 'apiserver_admission_webhook_fail_open_count', { name: entry })
  return open(last) > open(first)
}

/** TLS handshakes that a client ended meanwhile, because it does not trust the certificate. */
export function rejectedHandshakes({ before, after }: DryRun): number {
  const rejected = ({ replicas }: Counters): number =>
    (knownValue(replicas) ?? []).reduce(
      (sum, { metrics }) => sum + sumOfSeries(knownValue(metrics) ?? '', 'holdfast_certificate_rejections_total'),
      0
    )
  return Math.max(0, rejected(after) - rejected(before))
}
