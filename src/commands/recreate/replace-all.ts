import { type KubernetesVersion, parseVersion } from '../../core/cluster.ts'
import { specOf } from '../../core/objects/metadata.ts'
import { integerOf } from '../../core/values/json.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import type { Api } from '../../kubernetes/client.ts'
import { announced } from '../../upgrade/announce.ts'
import { carryOut } from '../../upgrade/carry-out/carry-out.ts'
import { eventually, Stopped } from '../../upgrade/carry-out/eventually.ts'
import type { Job, Journal, Tools } from '../../upgrade/carry-out/job.ts'
import type { UpgradePlan } from '../../upgrade/plan.ts'
import { planBlock } from '../../upgrade/plan-text.ts'
import type { WantedSet } from './manifests.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { Result } from './report.ts'

const DONE = 0
const REFUSED = 1
const STOPPED = 2

/** Whom it is told what is going on. */
export interface Voice {
  /** Columns. */
  readonly width: number
  say(text: string): void
  /** A sentence without its full stop. */
  tell(text: string): void
  /** What is waited for just now. */
  show(text: string): void
}

export interface Means extends Pick<Tools, 'api' | 'now' | 'sleep' | 'timeoutMs'> {
  readonly gitOpsPaused: boolean
  readonly relabelClaims: boolean
  readonly isDryRun: boolean
  journalFor(wanted: WantedSet): Journal
  /** Whether so many StatefulSets are to be replaced. */
  isWanted(count: number): Promise<boolean>
}

export interface Replaced {
  readonly results: readonly Result[]
  readonly code: number
}

interface Planned {
  readonly wanted: WantedSet
  readonly prepared: Prepared
  readonly tools: Tools
}

/**
 * Either all that have to be replaced can be, or none is. Answers with the exit code, too.
 *
 * @throws HoldfastError where nobody wants it, or what has to be saved cannot be
 */
export async function replaceAll(sets: readonly WantedSet[], voice: Voice, means: Means): Promise<Replaced> {
  const plans = await planned(sets, voice, means)
  for (const { prepared, wanted, tools } of plans) {
    const plan = planToShow(prepared, wanted, tools)
    if (plan !== undefined) voice.say(planBlock(plan, voice.width))
    if (prepared.kind === 'ready' && prepared.isUnderWay) voice.say(GOES_ON)
  }
  const isRefused = plans.some(({ prepared }) => prepared.kind === 'refused')
  const ready = plans.filter(({ prepared }) => prepared.kind === 'ready')
  const results = plans.map((one) => resultBefore(one, isRefused))
  if (isRefused) return { results, code: REFUSED }
  if (means.isDryRun || ready.length === 0) return { results, code: DONE }
  if (!(await means.isWanted(ready.length))) {
    throw new HoldfastError('RECREATE_REFUSED', 'Not confirmed: answer the question, or set --yes')
  }
  return carryOutAll(plans, results)
}

const GOES_ON = 'The old StatefulSet is already deleted; completed steps are not repeated.\n'

async function planned(sets: readonly WantedSet[], { tell, show }: Voice, means: Means): Promise<Planned[]> {
  const { api, now, sleep, timeoutMs, gitOpsPaused, relabelClaims, journalFor } = means
  const version = sets.length === 0 ? undefined : await versionOf(api)
  const plans: Planned[] = []
  for (const wanted of sets) {
    const tools: Tools = { api, now, sleep, timeoutMs, tell, show, journal: journalFor(wanted) }
    const prepared = await eventually(tools, 'the API server to answer', () =>
      prepare(wanted, tools, { version, gitOpsPaused, relabelClaims })
    ).catch(unanswered)
    plans.push({ wanted, tools, prepared })
  }
  return plans
}

/** Nothing has been changed yet, so that whatever it was is a reason not to begin. */
function unanswered(error: unknown): Prepared {
  if (!(error instanceof ApiError || error instanceof Stopped)) throw error
  const fix = 'see that the API server answers, and run this again'
  return { kind: 'refused', plan: undefined, obstacles: [{ kind: 'unanswered', reason: error.message, fix }] }
}

async function versionOf(api: Api): Promise<KubernetesVersion | undefined> {
  try {
    const { gitVersion } = await api.get('/version')
    return parseVersion(String(gitVersion))
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}

function planToShow(prepared: Prepared, wanted: WantedSet, { journal }: Tools): UpgradePlan | undefined {
  if (prepared.kind === 'ready') return toldPlan(prepared.job, wanted, journal)
  return prepared.kind === 'refused' && prepared.plan ? { ...prepared.plan, steps: [] } : undefined
}

function toldPlan({ plan, subject, oldUid }: Job, { manifest }: WantedSet, { fileOf }: Journal): UpgradePlan {
  return announced(plan, subject, { saved: fileOf(oldUid ?? ''), replicas: integerOf(specOf(manifest).replicas) })
}

/** What is said where nothing is changed. */
function resultBefore({ wanted, prepared, tools }: Planned, isRefused: boolean): Result {
  const set = { namespace: wanted.namespace, name: wanted.name }
  if (prepared.kind === 'nothing') return { ...set, outcome: 'nothing-to-do', message: prepared.why }
  if (prepared.kind === 'refused') {
    const message = 'It is not replaced, and nothing was changed.'
    return { ...set, outcome: 'refused', message, obstacles: prepared.obstacles }
  }
  const steps = toldPlan(prepared.job, wanted, tools.journal).steps.map(({ title }) => title)
  return isRefused
    ? { ...set, outcome: 'not-reached', message: 'It could be replaced, but another one cannot.', steps }
    : { ...set, outcome: 'planned', message: 'It would be replaced.', steps }
}

/** One after the other; where one stops, those behind it are not begun. */
async function carryOutAll(plans: readonly Planned[], before: readonly Result[]): Promise<Replaced> {
  const results: Result[] = []
  let code = DONE
  for (const [index, { prepared, tools }] of plans.entries()) {
    const result = before[index] as Result
    if (prepared.kind !== 'ready') results.push(result)
    else if (code === STOPPED) results.push({ ...result, outcome: 'not-reached', message: 'It was not begun.' })
    else {
      const carried = await carriedOut(prepared.job, tools, result)
      if (carried.outcome === 'stopped') code = STOPPED
      results.push(carried)
    }
  }
  return { results, code }
}

async function carriedOut(job: Job, tools: Tools, result: Result): Promise<Result> {
  const saved = job.oldUid === undefined ? {} : { saved: tools.journal.fileOf(job.oldUid) }
  try {
    const done = await carryOut(job, tools)
    return { ...result, ...saved, outcome: 'recreated', message: 'It is replaced.', done }
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Stopped)) throw error
    const { message } = new HoldfastError('RECREATE_STOPPED', `Stopped before the end: ${messageOf(error)}`)
    return { ...result, ...saved, outcome: 'stopped', message }
  }
}
