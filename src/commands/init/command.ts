import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { INIT_FLAGS, type InitFlags } from './flags.ts'

export function addInitCommand(program: Command): void {
  const command = program
    .command('init')
    .description('Write .holdfast.yaml, with the charts, kustomizations and manifests that are found.')
    .addHelpText(
      'after',
      examples([
        ['At the root of a repository', 'holdfast init'],
        ['And then, to check what it names', 'holdfast check']
      ])
    )
  addFlags(command, INIT_FLAGS).action(async (flags: InitFlags) => {
    const { init } = await import('./run.ts')
    await init(flags)
  })
}
