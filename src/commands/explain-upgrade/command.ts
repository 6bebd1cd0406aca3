import { type Command, Option } from 'commander'
import { examples } from '../flags/examples.ts'
import { addFlags, flag, namespace, previousFlag } from '../flags/values.ts'

export interface ExplainFlags {
  readonly previous: readonly string[]
  readonly namespace?: string
  readonly output: 'text' | 'markdown'
}

const FLAGS = [
  previousFlag().makeOptionMandatory(),
  flag('-n, --namespace <name>', 'namespace of objects that name none').argParser(namespace),
  new Option('-o, --output <format>', 'text for a terminal, markdown for a comment on a pull request')
    .choices(['text', 'markdown'])
    .default('text')
]

export function addExplainUpgradeCommand(program: Command): void {
  const command = program
    .command('explain-upgrade')
    .description('Print what to do, step by step, about StatefulSets that an upgrade cannot change.')
    .argument('<paths...>', 'what is to run: files, directories, and - for standard input')
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
  addFlags(command, FLAGS).action(async (paths: readonly string[], flags: ExplainFlags) => {
    const { explainUpgrade } = await import('./run.ts')
    process.exitCode = await explainUpgrade(paths, flags)
  })
}
