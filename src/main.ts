import { Command, CommanderError } from 'commander'
import { addCertsCommand } from './commands/certs.ts'
import { addPoliciesCommand } from './commands/policies.ts'
import { addServeCommand } from './commands/serve.ts'
import { HoldfastError, messageOf } from './errors.ts'
import { VERSION } from './version.ts'

/**
 * Runs one command and leaves its exit code in `process.exitCode`: nothing here ends the process while there is still
 * something to write or to answer.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('holdfast')
    .description('Keeps the stateful workloads of the Prometheus stack safe to upgrade and safe to stop.')
    .version(VERSION)
    .exitOverride()
  addServeCommand(program)
  addPoliciesCommand(program)
  addCertsCommand(program)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has written its own words, and ends `--help` in an error too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  process.stderr.write(`holdfast: ${messageOf(error)}\n`)
  return error instanceof HoldfastError ? error.exitCode : 2
}
