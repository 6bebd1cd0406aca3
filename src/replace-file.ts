import { randomBytes } from 'node:crypto'
import { type FileHandle, lstat, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

export interface NewFile {
  readonly file: string
  readonly text: string
  /** Permissions; without them those of the file that is replaced, or what the umask leaves. */
  readonly mode?: number
}

/**
 * Puts files in the place of what is there. A link is replaced and not followed: who wrote a checkout could otherwise
 * choose what is overwritten with a report. Each text goes to a new file in the same directory first, and no file is
 * renamed before all texts are on the disk, so that no reader meets half of one and a full disk changes nothing.
 *
 * What is no file, such as a pipe or `/dev/stdout`, cannot be replaced and is written to.
 *
 * @throws Error that names the file, where one cannot be written
 */
export async function replaceFiles(replacements: readonly NewFile[]): Promise<void> {
  const staged: Staged[] = []
  try {
    for (const replacement of replacements) staged.push(await stage(replacement))
    for (const { commit } of staged) await commit()
  } finally {
    for (const { discard } of staged) await discard()
  }
}

interface Staged {
  commit(): Promise<void>
  /** Removes what was not committed. */
  discard(): Promise<void>
}

async function stage({ file, text, mode }: NewFile): Promise<Staged> {
  const there = await lstat(file).catch(() => undefined)
  const isReplaceable = there === undefined || there.isFile() || there.isSymbolicLink() || there.isDirectory()
  if (!isReplaceable || isSystemFile(file)) return { commit: () => writeFile(file, text), discard: async () => {} }

  const temporary = join(dirname(file), `.holdfast-${randomBytes(6).toString('hex')}`)
  const discard = () => rm(temporary, { force: true })
  const named = (error: Error) => {
    throw new Error(error.message.replaceAll(temporary, file), { cause: error })
  }
  const permissions = mode ?? (there?.isFile() ? there.mode & 0o777 : undefined)
  await write(temporary, text, permissions).catch(async (error) => {
    await discard()
    named(error)
  })
  return { commit: () => rename(temporary, file).catch(named), discard }
}

/** `/dev/stdout` and `/dev/fd/63` are links, and what they lead to is what is meant. */
function isSystemFile(file: string): boolean {
  return /^\/(dev|proc)\//.test(resolve(file))
}

/** Never into a file that is there already, and for nobody else to read before it has its permissions. */
async function write(file: string, text: string, mode: number | undefined): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'wx', mode ?? 0o666)
    // The umask may have taken some of what was asked for.
    if (mode !== undefined) await handle.chmod(mode)
    await handle.writeFile(text)
  } finally {
    await handle?.close()
  }
}
