import { UNKNOWN_CLUSTER } from '../core/cluster.ts'
import { HoldfastError } from '../errors.ts'
import { type Read, readManifests } from '../inventory/read.ts'
import type { Problem, ReportedObject } from '../report/report.ts'
import { VERSION } from '../version.ts'
import type { CheckFlags } from './check.ts'
import { type Court, checkManifest } from './check-manifest.ts'
import { loadConfiguration, policiesIn } from './configuration-file.ts'
import { Fixes } from './fixes.ts'
import { goneNotes } from './gone.ts'
import { deliver } from './output.ts'
import { problemOf, readPrevious, refuseTwoInputs } from './previous-files.ts'
import { progressOn } from './progress.ts'

/** Answers with the exit code: 0 clean, 1 findings, 2 something could not be read. */
export async function check(paths: readonly string[], flags: CheckFlags): Promise<number> {
  refuseContradictions(paths, flags)
  const now = new Date()
  const problems: Problem[] = []
  const previous = flags.previous && (await readPrevious(flags.previous, flags.namespace, problems))
  const court: Court = {
    configuration: await loadConfiguration(flags.config, flags.mode),
    circumstances: {
      cluster: flags.kubernetesVersion === undefined ? UNKNOWN_CLUSTER : { version: flags.kubernetesVersion },
      ceiling: 'enforce',
      now: now.getTime()
    },
    namespace: flags.namespace,
    previous
  }
  const fixes = flags.fix && new Fixes(flags.diff === true, (text) => process.stdout.write(text))
  const found = await checkAll(readManifests(paths, process.stdin), court, fixes, problems)
  const report = {
    command: 'check' as const,
    version: VERSION,
    createdAt: now.toISOString(),
    source: found.files === 1 ? `1 file` : `${found.files} files`,
    judged: found.judged,
    policies: policiesIn(court.configuration),
    objects: found.objects,
    problems,
    notes: [...found.notes, ...(previous === undefined ? [] : goneNotes(previous, flags.namespace))]
  }
  return deliver(report, flags, flags.fix ? process.stderr : process.stdout)
}

function refuseContradictions(paths: readonly string[], { previous = [], fix, diff, output }: CheckFlags): void {
  refuseTwoInputs([...paths, ...previous])
  if (diff && !fix) throw new HoldfastError('FLAG_INVALID', '--diff needs --fix')
  if (fix && output?.some(({ file }) => file === undefined)) {
    throw new HoldfastError('FLAG_INVALID', '--fix writes to standard output, so each -o has to name a file')
  }
}

interface Found {
  readonly files: number
  readonly judged: number
  readonly objects: readonly ReportedObject[]
  readonly notes: readonly string[]
}

async function checkAll(
  stream: AsyncIterable<Read>,
  court: Court,
  fixes: Fixes | undefined,
  problems: Problem[]
): Promise<Found> {
  const objects: ReportedObject[] = []
  const notes: string[] = []
  let [files, judged] = [0, 0]
  const progress = progressOn(process.stderr, () => performance.now())
  for await (const read of stream) {
    if (read.kind === 'document') {
      const checked = read.manifests.map((manifest) => checkManifest(manifest, read.file, read.document.line, court))
      judged += checked.filter((one) => one.judged).length
      for (const { reported } of checked) if (reported !== undefined) objects.push(reported)
      const problem = fixes?.add(read, checked)
      if (problem !== undefined) problems.push(problemOf(problem))
    } else if (read.kind === 'problem') {
      problems.push(problemOf(read))
      fixes?.keep(read)
    } else if (read.kind === 'skipped') {
      notes.push(
        `${read.directory} holds the templates of a Helm chart, which are not YAML: check what helm template makes of them`
      )
    } else {
      files++
      fixes?.endFile(read.file)
      progress.show(`${files} files, ${judged} objects judged, ${objects.length} with findings`)
    }
  }
  progress.end()
  return { files, judged, objects, notes }
}
