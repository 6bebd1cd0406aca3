import { Argument, type Command } from 'commander'
import { examples } from '../flags/flag.ts'
import { completableOf } from './model.ts'
import { SHELLS, type Shell } from './scripts.ts'

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('Print a script that completes commands, flags and their values in a shell.')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      examples([
        ['In this bash', 'source <(holdfast completion bash)'],
        ['In every new bash', 'holdfast completion bash > ~/.local/share/bash-completion/completions/holdfast'],
        ['In zsh, from ~/.zshrc, after compinit', 'source <(holdfast completion zsh)'],
        ['In fish', 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish']
      ])
    )
    .action((shell: Shell) => {
      process.stdout.write(SHELLS[shell](completableOf(program)))
    })
}
