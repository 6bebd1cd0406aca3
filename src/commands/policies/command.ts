import { Argument, type Command } from 'commander'
import { POLICIES } from '../../policies/index.ts'
import { addFlags, examples } from '../flags/flag.ts'
import { POLICIES_FLAGS, type PoliciesFlags } from './flags.ts'

export function addPoliciesCommand(program: Command): void {
  const command = program
    .command('policies')
    .description('List the policies, or explain one with its options and the values in force.')
    .addArgument(idArgument())
    .addHelpText(
      'after',
      examples([
        ['All policies', 'holdfast policies'],
        ['The same, for a page', 'holdfast policies -o markdown'],
        ['One of them, with its options', 'holdfast policies claim-template-labels'],
        [
          'Its settings in a namespace, with a configuration file',
          'holdfast policies claim-template-labels --config=config.yaml -n lab'
        ]
      ])
    )
  addFlags(command, POLICIES_FLAGS).action(async (id: string | undefined, flags: PoliciesFlags) => {
    const { showPolicies } = await import('./run.ts')
    await showPolicies(id, flags)
  })
}

/** The ids are for help and completion: an id that is none has an error of its own, which says more than commander's. */
function idArgument(): Argument {
  const argument = new Argument('[id]', 'policy to explain')
  argument.argChoices = POLICIES.map(({ id }) => id)
  return argument
}
