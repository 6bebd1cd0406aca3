import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { HoldfastError, messageOf } from '../errors.ts'
import type { Note, Read } from './files/read.ts'
import { KUSTOMIZATIONS } from './files/walk.ts'
import { readReleasedChart } from './rendered/chart.ts'
import { exportFiles } from './rendered/export.ts'
import { type Commit, type CommittedFile, openCommit } from './rendered/git.ts'
import { readSource, readSources, type SourceOptions, type SourceRead, toldOf } from './sources.ts'

/**
 * Reads what is there before an upgrade: what `readSources` reads, `git:REFERENCE` for the same paths in another commit, and
 * `chart:CHART@VERSION` for a chart of a repository.
 *
 * @param paths what is compared with it
 */
export async function* readPreviousSources(
  sources: readonly string[],
  paths: readonly string[],
  input: Readable,
  options: SourceOptions
): AsyncGenerator<SourceRead> {
  for (const source of sources) {
    const [, kind, name = ''] = /^(git|chart):(.+)$/s.exec(source) ?? []
    if (kind === 'git') for (const path of paths) yield* readCommitted(name, path, input, options)
    else if (kind === 'chart') yield* toldOf(source, releasedChart(source, name, options), options)
    else yield* readSources([source], input, options)
  }
}

/** Whether a source is a chart of a repository. */
export function isReleasedChart(source: string): boolean {
  return source.startsWith('chart:')
}

/** Whether a source is another commit. */
export function isCommit(source: string): boolean {
  return source.startsWith('git:')
}

function releasedChart(source: string, name: string, { chart }: SourceOptions): AsyncGenerator<Read | Note> {
  const [, reference, version] = /^([^\s@-][^\s@]*)@([^\s@]+)$/.exec(name) ?? []
  if (reference === undefined || version === undefined) {
    throw new HoldfastError('FLAG_INVALID', `${source} has to be like chart:REPOSITORY/NAME@VERSION`)
  }
  return readReleasedChart({ reference, version }, source, chart)
}

async function* readCommitted(
  reference: string,
  path: string,
  input: Readable,
  options: SourceOptions
): AsyncGenerator<SourceRead> {
  const called = `git:${reference}:${path}`
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-git-'))
  try {
    const commit = await openCommit(reference, path)
    const within = await pathIn(commit, path)
    const files = within === undefined ? [] : await filesFor(commit, within)
    if (within === undefined || files.length === 0) {
      yield { kind: 'note', text: `${path} is not in ${reference}: everything in it is new.` }
      return
    }
    const tree = join(directory, 'tree')
    await exportFiles(commit, files, tree)
    const values = await valuesFor(commit, options.chart.values, join(directory, 'values'))
    for (const file of values.absent) {
      yield { kind: 'note', text: `${file} is not in ${reference}: what is there is rendered without it.` }
    }
    const chart = { ...options.chart, values: values.files }
    yield* readSource(join(tree, within), called, input, { ...options, chart })
  } catch (error) {
    const problem =
      error instanceof HoldfastError
        ? error
        : new HoldfastError('COMMIT_UNREADABLE', `It cannot be read: ${messageOf(error)}`, { cause: error })
    yield { kind: 'problem', file: called, error: problem, text: '' }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Below the root of the repository; undefined for what is not in it. */
async function pathIn({ root }: Commit, path: string): Promise<string | undefined> {
  const within = relative(await realpath(root), await realpath(path))
  return within === '..' || within.startsWith(`..${sep}`) ? undefined : within.split(sep).join('/')
}

/** What is at the path; all of the commit for a kustomization, which may name what lies anywhere in the repository. */
async function filesFor(commit: Commit, within: string): Promise<CommittedFile[]> {
  const files = await commit.files(within)
  const names = KUSTOMIZATIONS.map((name) => (within === '' ? name : `${within}/${name}`))
  return files.some(({ path }) => names.includes(path)) ? commit.files() : files
}

interface Values {
  readonly files: readonly string[]
  /** Those that the commit does not have. */
  readonly absent: readonly string[]
}

/** Files of values as they are in the commit; those outside of the repository as they are. */
async function valuesFor(commit: Commit, files: readonly string[], directory: string): Promise<Values> {
  const [found, absent]: [string[], string[]] = [[], []]
  for (const [index, file] of files.entries()) {
    // What is no file, Helm downloads.
    const within = await pathIn(commit, file).catch(() => undefined)
    const committed = within === undefined ? [] : await commit.files(within)
    const own = join(directory, String(index))
    if (within === undefined) found.push(file)
    else if (committed.length === 0) absent.push(file)
    else {
      await exportFiles(commit, committed, own)
      found.push(join(own, within))
    }
  }
  return { files: found, absent }
}
