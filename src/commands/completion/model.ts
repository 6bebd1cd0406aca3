import type { Argument, Command, Option } from 'commander'

/** What can follow at some place of a command line. */
export type FlagValue =
  | { readonly kind: 'choices'; readonly choices: readonly string[]; readonly thenFile: boolean }
  | { readonly kind: 'files' }
  | { readonly kind: 'directories' }
  /** A number, a name: nothing that could be looked up. */
  | { readonly kind: 'any' }

export interface CompletableFlag {
  /** `-n` and `--namespace`. */
  readonly names: readonly string[]
  readonly description: string
  /** Undefined for a switch. */
  readonly value: FlagValue | undefined
}

export interface CompletableCommand {
  readonly name: string
  readonly description: string
  readonly flags: readonly CompletableFlag[]
  /** What stands there without a flag; undefined for a command that takes nothing. */
  readonly argument: FlagValue | undefined
}

/** All that a shell can complete, read from what the commands declare, so that nothing has to be kept in step. */
export interface Completable {
  readonly flags: readonly CompletableFlag[]
  readonly commands: readonly CompletableCommand[]
}

export function completableOf(program: Command): Completable {
  const commands = program.createHelp().visibleCommands(program)
  const names = commands.map((command) => command.name())
  return {
    flags: flagsOf(program),
    commands: commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: command.name() === 'help' ? [] : flagsOf(command),
      argument: command.name() === 'help' ? choices(names) : argumentOf(command)
    }))
  }
}

function flagsOf(command: Command): CompletableFlag[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      description: option.description,
      value: option.required || option.optional ? whatFollows(option, placeholderIn(option.flags)) : undefined
    }))
}

function argumentOf(command: Command): FlagValue | undefined {
  const [argument] = command.registeredArguments
  return argument && whatFollows(argument, argument.name())
}

function whatFollows({ argChoices }: Option | Argument, placeholder: string): FlagValue {
  if (argChoices !== undefined) return choices(argChoices, /=file\b/.test(placeholder))
  if (/^(file|path|manifest)s?\b/.test(placeholder)) return { kind: 'files' }
  return { kind: /^dir/.test(placeholder) ? 'directories' : 'any' }
}

function choices(list: readonly string[], thenFile = false): FlagValue {
  return { kind: 'choices', choices: list, thenFile }
}

/** `file` in `--config <file>`. */
function placeholderIn(flags: string): string {
  return /[<[]([^>]+?)(?:\.\.\.)?[>\]]$/.exec(flags)?.[1] ?? ''
}
