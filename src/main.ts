import { CommanderError } from 'commander'
import { createProgram } from './commands/cli.ts'
import { HoldfastError, messageOf } from './errors.ts'

/**
 * Runs one command and leaves its exit code in `process.exitCode`: nothing here ends the process while there is still
 * something to write or to answer.
 */
export async function main(argv: readonly string[]): Promise<void> {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', endWhereNobodyReads)
  try {
    await createProgram().parseAsync(argv)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

/** Whoever read has gone away, as `head` does when it has enough: there is nobody left to tell. */
function endWhereNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return
  const unwritten = new HoldfastError('REPORT_UNWRITABLE', `Cannot write to standard output: ${error.message}`)
  process.stderr.write(`holdfast: ${unwritten.message}\n`)
  // Later than whatever the command makes of its run: what nobody can read has not been said.
  process.once('exit', () => {
    process.exitCode = unwritten.exitCode
  })
}

function exitCodeOf(error: unknown): number {
  // Commander has written its own words, and ends `--help` in an error too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  process.stderr.write(`holdfast: ${messageOf(error)}\n`)
  return error instanceof HoldfastError ? error.exitCode : 2
}
