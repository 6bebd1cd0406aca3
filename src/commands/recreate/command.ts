import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { RECREATE_FLAGS, type RecreateFlags } from './flags.ts'

export function addRecreateCommand(program: Command): void {
  const command = program
    .command('recreate')
    .description('Replace StatefulSets whose update the API server refuses, and keep their Pods and PVCs.')
    .addHelpText(
      'after',
      examples([
        ['The plan, without a change', 'helm template pgw CHART | holdfast recreate -f - -n lab --dry-run'],
        ['Before an upgrade, by hand', 'holdfast recreate -f new.yaml -n lab'],
        ['Before an upgrade, in a pipeline', 'holdfast recreate -f new.yaml -n lab --yes -o json']
      ])
    )
  addFlags(command, RECREATE_FLAGS).action(async (flags: RecreateFlags) => {
    const { recreate } = await import('./run.ts')
    process.exitCode = await recreate(flags)
  })
}
