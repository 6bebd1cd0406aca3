import { CheckRun } from '../../src/commands/check/check-run.ts'
import { CHECKED_KINDS, type CheckContext, matchedResource } from '../../src/commands/check/manifest.ts'
import { UsedExemptions } from '../../src/commands/check/used-exemptions.ts'
import { UnknownSkips } from '../../src/commands/unknown-skips.ts'
import { type Configuration, configurationFrom } from '../../src/config/configuration.ts'
import { FirstOf } from '../../src/core/values/first-of.ts'
import { Previous } from '../../src/inventory/files/previous.ts'
import { readText } from '../../src/inventory/files/read.ts'
import type { SourceRead } from '../../src/inventory/sources.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { joined } from '../../src/report/joined.ts'
import type { ReadProblem, Report } from '../../src/report/report.ts'
import { context } from '../helpers/configured.ts'

/** `check` on texts at hand, as it runs on files. */

/** Every policy as strict as it can be. */
const ALL_ON: Configuration = configurationFrom(
  { policies: Object.fromEntries(POLICIES.map(({ id }) => [id, { mode: 'enforce' }])) },
  POLICIES,
  'enforce'
)

/** What `check --previous` reports of two texts, without what it says about the run itself. */
export async function checked(text: string, previous: string | undefined): Promise<{ report: Report; plan: string }> {
  const given: CheckContext = {
    ...{ configuration: ALL_ON, evaluation: context(), namespace: undefined, isFixing: false },
    ...{ unknownSkips: new UnknownSkips(), usedExemptions: new UsedExemptions() }
  }
  const problems = new FirstOf<ReadProblem>(1000)
  const before = previous === undefined ? undefined : await previousIn(previous)
  const run = new CheckRun(given, before, undefined, problems)
  await run.all(readsOf(text))
  for (const note of [...run.sets.notes(), ...given.unknownSkips.notes()]) run.note(note)
  const report: Report = {
    ...{ command: 'check', version: '1.2.3', createdAt: '2026-11-21T00:00:00.000Z', source: '1 file', policies: [] },
    checked: run.checked,
    objects: joined(run.found.objects, run.sets.findings(problems.items.length > 0)),
    problems: problems.items,
    notes: run.sentences(),
    ...run.found.leftOut
  }
  return { report, plan: run.refused.markdown ?? '' }
}

async function* readsOf(text: string): AsyncGenerator<SourceRead> {
  for await (const read of readText('after.yaml', [Buffer.from(text)], CHECKED_KINDS)) {
    if (read.kind !== 'skipped' && read.kind !== 'kustomization') yield read
  }
}

async function previousIn(text: string): Promise<Previous> {
  const previous = new Previous()
  for await (const read of readText('before.yaml', [Buffer.from(text)])) {
    if (read.kind !== 'document') continue
    for (const { object } of read.manifests) {
      if (matchedResource(object) !== undefined) previous.add(object, undefined, 'before.yaml:1')
    }
  }
  return previous
}
