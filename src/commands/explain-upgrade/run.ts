import type { Cluster } from '../../core/cluster.ts'
import { STATEFUL_SET } from '../../core/objects/kinds.ts'
import { FirstOf } from '../../core/values/first-of.ts'
import { count, oneLine } from '../../core/values/text.ts'
import { namespaceFor, type Previous } from '../../inventory/files/previous.ts'
import { readSources, type SourceRead } from '../../inventory/sources.ts'
import { isOfKind, subjectOf } from '../../inventory/subjects.ts'
import { Kinds } from '../../inventory/yaml/kind.ts'
import type { ReadProblem } from '../../report/report.ts'
import { type UpgradePlan, upgradePlanFor, upgradePlanForRemoved } from '../../upgrade/plan.ts'
import { planMarkdown, planText } from '../../upgrade/plan-text.ts'
import { CLEAN, FOUND, INCOMPLETE } from '../deliver.ts'
import { fileToApply } from '../file-to-apply.ts'
import { ambiguity, MOST_PROBLEMS, placeOf, problemOf, readPrevious, refuseTwoInputs } from '../previous-files.ts'
import { sourceOptions } from '../source-options.ts'
import type { ExplainFlags } from './flags.ts'

/** Answers with the exit code: 0 all go through, 1 some have to be replaced, 2 something could not be read. */
export async function explainUpgrade(paths: readonly string[], flags: ExplainFlags): Promise<number> {
  const { previous: sources, namespace, kubernetesVersion: version, output } = flags
  refuseTwoInputs([...paths, ...sources])
  const problems = new FirstOf<ReadProblem>(MOST_PROBLEMS)
  const options = await sourceOptions(paths, sources, flags, KINDS)
  const note = (sentence: string) => process.stderr.write(`holdfast: ${oneLine(sentence)}\n`)
  const previous = await readPrevious(sources, namespace, { ...options, paths, note }, problems)
  const plans = await plansFor(
    readSources(paths, process.stdin, options),
    previous,
    { namespace, cluster: { version }, note },
    problems
  )
  const isIncomplete = problems.items.length > 0
  if (isIncomplete) process.stdout.write(`${INCOMPLETE_WORDS}\n\n`)
  process.stdout.write(
    output === 'markdown' ? planMarkdown(plans.listed) : planText(plans.listed, widthOf(process.stdout))
  )
  if (plans.leftOut > 0) {
    process.stdout.write(`\n${count(plans.leftOut, 'more StatefulSet')} not listed: compare fewer files at once.\n`)
  }
  for (const { where, line, message } of problems.items) {
    process.stderr.write(`holdfast: ${oneLine(`${line === undefined ? where : `${where}:${line}`}: ${message}`)}\n`)
  }
  if (problems.leftOut > 0) process.stderr.write(`holdfast: ${count(problems.leftOut, 'more problem')} not listed\n`)
  if (isIncomplete) return INCOMPLETE
  return plans.isBlocked ? FOUND : CLEAN
}

/** Those that a plan is about. */
const KINDS = new Kinds([STATEFUL_SET])

/** More cannot be replaced by hand, and each takes a page. */
const MOST_BLOCKED = 200
/** Those that go through, are new or are gone take two lines each. */
const MOST_OTHERS = 1000

/** In the order of the files, as many as can be followed. */
class Plans {
  readonly listed: UpgradePlan[] = []
  leftOut = 0
  /** Whether any has to be replaced, listed or not. */
  isBlocked = false
  readonly #room = { blocked: MOST_BLOCKED, others: MOST_OTHERS }

  add(plan: UpgradePlan): void {
    const kind = plan.fate === 'blocked' ? 'blocked' : 'others'
    this.isBlocked ||= kind === 'blocked'
    if (this.#room[kind]-- > 0) this.listed.push(plan)
    else this.leftOut++
  }
}

const INCOMPLETE_WORDS =
  'Incomplete: something could not be read. What is called new, gone or not there below may be none of it.'

/** No wider than is good to read, which is what a file or a log gets. */
function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  return isTTY && columns > 0 ? Math.max(40, Math.min(columns, WIDTH)) : WIDTH
}

const WIDTH = 96

/** Where the objects are to be applied. */
interface Setting {
  /** Of objects that name none; undefined where nobody said. */
  readonly namespace: string | undefined
  readonly cluster: Cluster
  /** Takes a sentence for the reader. */
  note(sentence: string): void
}

async function plansFor(
  reads: AsyncIterable<SourceRead>,
  previous: Previous,
  { namespace, cluster, note }: Setting,
  problems: FirstOf<ReadProblem>
): Promise<Plans> {
  const plans = new Plans()
  for await (const read of reads) {
    if (read.kind === 'problem') problems.push(problemOf(read))
    if (read.kind === 'note') note(read.text)
    if (read.kind !== 'document') continue
    const file = fileToApply(read)
    for (const manifest of read.manifests) {
      const { object } = manifest
      if (!isOfKind(STATEFUL_SET, object)) continue
      const before = previous.find(object, namespace, placeOf(read, manifest))
      if (before.kind === 'ambiguous') problems.push(ambiguity(object, read, manifest, before))
      else {
        const old = before.kind === 'known' ? before.object : undefined
        const subject = subjectOf(object, old, namespaceFor(object, namespace, old))
        plans.add(upgradePlanFor(subject, { cluster, ...(file !== undefined && { file }) }))
      }
    }
  }
  for (const object of previous.gone()) {
    if (!isOfKind(STATEFUL_SET, object)) continue
    plans.add(upgradePlanForRemoved(subjectOf(object, undefined, namespaceFor(object, namespace, undefined))))
  }
  return plans
}
