import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { FORMATS_HELP } from '../flags/output.ts'
import { CHECK_FLAGS, type CheckFlags } from './flags.ts'

export function addCheckCommand(program: Command): void {
  const command = program
    .command('check')
    .description('Check rendered YAML and JSON before you apply it.')
    .argument(
      '[paths...]',
      'files, directories, charts, kustomizations, and - for standard input; without any, check.paths of the configuration'
    )
    .addHelpText('after', FORMATS_HELP)
    .addHelpText(
      'after',
      examples([
        ['The output of Helm', 'helm template pgw CHART -n monitoring | holdfast check -n monitoring -'],
        ['What .holdfast.yaml names', 'holdfast check'],
        [
          'A chart, and its upgrade from the main branch',
          'holdfast check charts/pgw -f values.yaml -n monitoring --previous git:main'
        ],
        ['An upgrade', 'holdfast check --previous old.yaml new.yaml'],
        ['The same, compared with what runs', 'helm template pgw CHART | holdfast check --live -n monitoring -'],
        ['For a pull request', 'holdfast check rendered -o text -o sarif=holdfast.sarif -o html=holdfast.html'],
        ['What the webhook would repair', 'holdfast check --config holdfast.yaml --fix --diff rendered']
      ])
    )
  addFlags(command, CHECK_FLAGS).action(async (paths: readonly string[], flags: CheckFlags) => {
    const { check } = await import('./run.ts')
    process.exitCode = await check(paths, flags)
  })
}
