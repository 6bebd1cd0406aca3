import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { quote } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { ProgramFailure, runProgram } from './run-program.ts'

/** A file of a commit. */
export interface CommittedFile {
  /** Below the root of the repository, with `/`. */
  readonly path: string
  readonly isLink: boolean
  /** The name of its content. */
  readonly blob: string
  /** Bytes. */
  readonly size: number
}

/** A commit of a repository. Git is asked for names and contents only: it checks nothing out and runs no filter. */
export interface Commit {
  /** The root of the working tree. */
  readonly root: string
  /** Files at or below a path, or all of them. */
  files(path?: string): Promise<CommittedFile[]>
  /** Contents by name. All of them are in memory. */
  contents(files: readonly CommittedFile[]): Promise<ReadonlyMap<string, Buffer>>
}

/**
 * @param reference as `git rev-parse` takes it: a branch, a tag, `HEAD~1`
 * @param path in the repository
 * @throws HoldfastError COMMIT_UNREADABLE
 */
export async function openCommit(reference: string, path: string): Promise<Commit> {
  const at = (await stat(path)).isDirectory() ? path : dirname(path)
  const root = (await git(at, ['rev-parse', '--show-toplevel'])).toString('utf8').replace(/\r?\n$/, '')
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${reference}^{commit}`]
  const name = await git(root, args).catch((cause: unknown) => {
    throw new HoldfastError('COMMIT_UNREADABLE', `git knows no commit ${quote(reference)}`, { cause })
  })
  const commit = name.toString('utf8').trim()
  return {
    root,
    async files(path = '') {
      const args = ['--literal-pathspecs', 'ls-tree', '-r', '-z', '-l', '--full-tree', commit]
      const list = await git(root, path === '' ? args : [...args, '--', path])
      return list.toString('utf8').split('\0').flatMap(fileIn)
    },
    contents: async (files) =>
      contentsIn(await git(root, ['cat-file', '--batch'], files.map(({ blob }) => `${blob}\n`).join('')))
  }
}

async function git(directory: string, args: readonly string[], input?: string): Promise<Buffer> {
  try {
    const { stdout } = await runProgram('git', ['-C', directory, ...args], { input })
    return Buffer.concat(stdout)
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error
    throw new HoldfastError('COMMIT_UNREADABLE', `git ${args.find((arg) => !arg.startsWith('-'))} ${error.message}`, {
      cause: error
    })
  }
}

/** `100644 blob 9daeafb…      12\tdeploy/a.yaml`; a submodule is a commit, and none of its files is here. */
const ENTRY = /^(\d{6}) blob ([0-9a-f]{40,64}) +(\d+)\t(.+)$/s

function fileIn(line: string): CommittedFile[] {
  const [, mode, blob, size, path] = ENTRY.exec(line) ?? []
  if (blob === undefined || path === undefined) return []
  return [{ path, isLink: mode === '120000', blob, size: Number(size) }]
}

/** `<name> blob <size>\n<content>\n`, one behind the other. */
function contentsIn(output: Buffer): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at)
    const [, blob, size] = /^([0-9a-f]+) blob (\d+)$/.exec(output.toString('latin1', at, end)) ?? []
    if (blob === undefined)
      throw new HoldfastError('COMMIT_UNREADABLE', 'git cat-file does not have all files of the commit')
    const begin = end + 1
    contents.set(blob, output.subarray(begin, begin + Number(size)))
    at = begin + Number(size) + 1
  }
  return contents
}
