import { type Command, Option } from 'commander'
import { JUDGING_FLAGS, type JudgingFlags } from '../flags/evaluation.ts'
import { examples } from '../flags/examples.ts'
import { OUTPUT_FLAGS, type OutputFlags } from '../flags/output.ts'
import { addFlags, flag, namespace, previousFlag } from '../flags/values.ts'

export interface CheckFlags extends JudgingFlags, OutputFlags {
  readonly previous?: readonly string[]
  readonly namespace?: string
  readonly fix?: true
  readonly diff?: true
}

const FLAGS = [
  previousFlag(),
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  ...JUDGING_FLAGS,
  ...OUTPUT_FLAGS,
  new Option(
    '--fix',
    'write the YAML to standard output as the webhook would admit it, and the report to standard error'
  ),
  new Option('--diff', 'with --fix: write a unified diff instead')
]

export function addCheckCommand(program: Command): void {
  const command = program
    .command('check')
    .description('Judge rendered YAML and JSON before a cluster sees it.')
    .argument('<paths...>', 'files, directories, and - for standard input')
    .addHelpText(
      'after',
      examples([
        ['What Helm renders', 'helm template pgw CHART -n monitoring | holdfast check -n monitoring -'],
        ['An upgrade, before it is tried', 'holdfast check --previous old.yaml new.yaml'],
        ['For a pull request', 'holdfast check rendered -o text -o sarif=holdfast.sarif -o html=holdfast.html'],
        ['What the webhook would repair', 'holdfast check --config holdfast.yaml --fix --diff rendered']
      ])
    )
  addFlags(command, FLAGS).action(async (paths: readonly string[], flags: CheckFlags) => {
    const { check } = await import('./run.ts')
    process.exitCode = await check(paths, flags)
  })
}
