import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { EXPLAIN_UPGRADE_FLAGS, type ExplainFlags } from './flags.ts'

export function addExplainUpgradeCommand(program: Command): void {
  const command = program
    .command('explain-upgrade')
    .description('Print the steps for an upgrade of StatefulSets that the API server refuses.')
    .argument('<paths...>', 'new manifests: files, directories, and - for standard input')
    .addHelpText(
      'after',
      examples([
        ['From one version of a chart to the next', 'holdfast explain-upgrade --previous old.yaml new.yaml'],
        [
          'From what runs',
          'kubectl get statefulset -n lab -o yaml | holdfast explain-upgrade --previous - -n lab new.yaml'
        ],
        ['For a pull request', 'holdfast explain-upgrade --previous old.yaml new.yaml -o markdown']
      ])
    )
  addFlags(command, EXPLAIN_UPGRADE_FLAGS).action(async (paths: readonly string[], flags: ExplainFlags) => {
    const { explainUpgrade } = await import('./run.ts')
    process.exitCode = await explainUpgrade(paths, flags)
  })
}
