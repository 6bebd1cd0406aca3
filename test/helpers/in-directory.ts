import { join } from 'node:path'
import { holdfast } from './command.ts'
import { filesIn } from './files.ts'

/**
 * Runs the command in a directory with files of its own, in which the search for `.holdfast.yaml` ends.
 *
 * @param within the directory below it to run in
 */
export async function holdfastIn(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
  within = '.'
): ReturnType<typeof holdfast> {
  return holdfastAt(join(filesIn({ '.git': '', ...files }), within), args)
}

/** The same in a directory that is there. */
export async function holdfastAt(directory: string, args: readonly string[]): ReturnType<typeof holdfast> {
  const before = process.cwd()
  process.chdir(directory)
  try {
    return await holdfast(...args)
  } finally {
    process.chdir(before)
  }
}
