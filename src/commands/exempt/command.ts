import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { EXEMPT_FLAGS, type ExemptFlags } from './flags.ts'

export function addExemptCommand(program: Command): void {
  const command = program
    .command('exempt')
    .description('Print exemptions, for the configuration, of what check finds today.')
    .argument(
      '[paths...]',
      'files, directories, and - for standard input; without any, check.paths of the configuration'
    )
    .addHelpText(
      'after',
      examples([
        ['What .holdfast.yaml names, for 90 days', 'holdfast exempt --reason=TICKET-1'],
        [
          'One policy, until a day',
          'holdfast exempt --only=shared-tsdb-claim --expires=2027-01-31 --reason=TICKET-1 rendered'
        ]
      ])
    )
  addFlags(command, EXEMPT_FLAGS).action(async (paths: readonly string[], flags: ExemptFlags) => {
    const { exempt } = await import('./run.ts')
    process.exitCode = await exempt(paths, flags)
  })
}
