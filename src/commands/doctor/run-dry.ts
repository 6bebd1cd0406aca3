import { setTimeout as delay } from 'node:timers/promises'
import { arrivals } from '../../doctor/arrivals.ts'
import type { PlannedDryRun } from '../../doctor/dry-run-plan.ts'
import type { Counters, DryRun, DryRunAnswer } from '../../doctor/evidence.ts'
import { isMarked, probePod } from '../../doctor/probe-pod.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Probe } from '../../kubernetes/probe.ts'

/** Pods of one dry run: enough to tell "none arrives" from "one of two replicas is broken" most of the time. */
const PODS = 3
/** After an answer that took so long, the next one would as well. */
const SLOW_MS = 2000
/** A counter is read again after this long, once: it may be a moment behind the answer. */
const LAG_MS = 500

/** Makes the dry runs one after the other, and reads the counters behind each. */
export async function runDry(
  probe: Probe,
  plan: readonly PlannedDryRun[],
  first: Counters,
  counters: () => Promise<Counters>
): Promise<readonly DryRun[]> {
  const done: DryRun[] = []
  let before = first
  for (const { entry, namespaces } of plan) {
    const { namespace, answers } = await inFirstThatTakesIt(probe, namespaces)
    let dryRun: DryRun = { entry, namespace, answers, before, after: await counters() }
    if (!answers.every(isMarked) && (arrivals(dryRun) ?? PODS) < answers.length) {
      await delay(LAG_MS)
      dryRun = { ...dryRun, after: await counters() }
    }
    done.push(dryRun)
    before = dryRun.after
  }
  return done
}

/** What a quota, a policy or another webhook refuses in one namespace, the next one may take. */
async function inFirstThatTakesIt(
  probe: Probe,
  namespaces: readonly string[]
): Promise<{ readonly namespace: string; readonly answers: readonly DryRunAnswer[] }> {
  let last: { readonly namespace: string; readonly answers: readonly DryRunAnswer[] } = { namespace: '', answers: [] }
  for (const namespace of namespaces) {
    last = { namespace, answers: await createPods(probe, namespace) }
    const isRefused = last.answers.some((it) => it.kind === 'refused' && !it.message.includes('.holdfast.dev"'))
    if (!isRefused) return last
  }
  return last
}

async function createPods(probe: Probe, namespace: string): Promise<readonly DryRunAnswer[]> {
  const answers: DryRunAnswer[] = []
  while (answers.length < PODS) {
    const answer = await createPod(probe, namespace)
    answers.push(answer)
    if (answer.kind === 'refused' || answer.ms > SLOW_MS) break
  }
  return answers
}

async function createPod(probe: Probe, namespace: string): Promise<DryRunAnswer> {
  const began = performance.now()
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  try {
    const { object, warnings } = await probe.createInDryRun(path, probePod(namespace))
    return { kind: 'created', object, warnings, ms: performance.now() - began }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { kind: 'refused', status: error.status, message: error.message, ms: performance.now() - began }
  }
}
