import { mkdir, open, symlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { HoldfastError } from '../../errors.ts'
import type { Commit, CommittedFile } from './git.ts'

/** What is written for one path, at the most. A repository of charts has thousands of files. */
const MOST_FILES = 20_000
const MOST_BYTES = 256 * 1024 * 1024
/** Bytes that are held at once. */
const BATCH = 16 * 1024 * 1024

/**
 * Writes files of a commit below a directory that is new and empty. Whoever wrote the commit chooses names and links, so that
 * neither may lead out of the directory.
 *
 * @throws HoldfastError COMMIT_UNREADABLE
 */
export async function exportFiles(commit: Commit, files: readonly CommittedFile[], directory: string): Promise<void> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (files.length > MOST_FILES || bytes > MOST_BYTES) {
    throw new HoldfastError(
      'COMMIT_UNREADABLE',
      `There is too much to read: ${files.length} files, ${Math.ceil(bytes / 1024 / 1024)} MiB. Check the commit out with git worktree add, and name the path there`
    )
  }
  // Before anything is written.
  refuseUnsafe(files)
  const [links, others] = [files.filter(({ isLink }) => isLink), files.filter(({ isLink }) => !isLink)]
  for (const batch of batchesOf(others)) {
    const contents = await commit.contents(batch)
    for (const { path, blob } of batch) await write(join(directory, path), contents.get(blob) ?? Buffer.alloc(0))
  }
  // Links come last, so that no file is written through one.
  const targets = await commit.contents(links)
  for (const { path, blob } of links) {
    const target = targets.get(blob)?.toString('utf8') ?? ''
    if (!staysWithin(path, target)) {
      throw new HoldfastError('COMMIT_UNREADABLE', `The link ${path} leads out of the repository, or takes a detour`)
    }
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await symlink(target, join(directory, path))
  }
}

function* batchesOf(files: readonly CommittedFile[]): Generator<readonly CommittedFile[]> {
  let [batch, bytes]: [CommittedFile[], number] = [[], 0]
  for (const file of files) {
    if (batch.length > 0 && bytes + file.size > BATCH) {
      yield batch
      ;[batch, bytes] = [[], 0]
    }
    batch.push(file)
    bytes += file.size
  }
  if (batch.length > 0) yield batch
}

async function write(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'wx')
  await handle.appendFile(content).finally(() => handle.close())
}

/** Git refuses to add such names, and a commit can be made without it. */
const UNSAFE = /^(?:|\.{1,2}|\.git)$/i

function isUnsafe(path: string): boolean {
  return path.split('/').some((step) => UNSAFE.test(step)) || /[\\\0]/.test(path)
}

function refuseUnsafe(files: readonly CommittedFile[]): void {
  // Where names are the same in small letters, some file systems take them for one.
  const links = new Set(files.flatMap(({ isLink, path }) => (isLink ? [path.toLowerCase()] : [])))
  const isBelowLink = (path: string): boolean => {
    const above = posix.dirname(path)
    return above !== '.' && (links.has(above.toLowerCase()) || isBelowLink(above))
  }
  const unsafe = files.find(({ path }) => isUnsafe(path) || isBelowLink(path))
  if (unsafe === undefined) return
  throw new HoldfastError('COMMIT_UNREADABLE', `The commit has a file with an unsafe name: ${unsafe.path}`)
}

/**
 * Whether a link leads to something below the directory that the commit is written to. Steps upwards may stand at its beginning
 * only: behind a name that is a link itself they would lead somewhere else than they say.
 *
 * @param path of the link
 */
export function staysWithin(path: string, target: string): boolean {
  if (posix.isAbsolute(target) || /[\\\0]/.test(target)) return false
  const behind = target.replace(/^(?:\.\.?\/)+/, '')
  if (behind !== '..' && behind.split('/').includes('..')) return false
  const end = posix.join(posix.dirname(path), target)
  return end !== '..' && !end.startsWith('../')
}
