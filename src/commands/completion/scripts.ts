import type { Completable, CompletableCommand, CompletableFlag, FlagValue } from './model.ts'

/**
 * Scripts that know all there is to know and never start Node.js: that takes longer than anybody waits for a TAB.
 */
export const SHELLS = { bash, zsh, fish } as const satisfies Readonly<Record<string, (what: Completable) => string>>

export type Shell = keyof typeof SHELLS

function bash({ flags, commands }: Completable): string {
  const names = commands.map(({ name }) => name)
  const cases = commands.flatMap((command) => command.flags.flatMap((flag) => bashFlag(command, flag)))
  return `# bash completion for holdfast, written by: holdfast completion bash
_holdfast() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" at=$((COMP_CWORD - 1)) command="" prefix="" behind="" i
  COMPREPLY=()
  # Readline takes = for a word of its own: --mode=warn arrives as three.
  if [[ $cur == = ]]; then
    cur="" behind="="
  elif [[ \${COMP_WORDS[at]} == = ]]; then
    at=$((at - 1)) behind="="
  elif [[ $cur == --*=* ]]; then
    prefix="\${cur%%=*}=" cur="\${cur#*=}"
  fi
  local prev="\${prefix:-\${COMP_WORDS[at]}}" file=""
  prev="\${prev%=}"
  # -o json=FILE
  if [[ -n $behind && $prev != -* ]]; then
    file="="
    prev="\${COMP_WORDS[at - 1]}"
    [[ $prev == = ]] && prev="\${COMP_WORDS[at - 2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} != -* ]] && command="\${COMP_WORDS[i]}" && break
  done
  case "$command $prev$file" in
${indent([...cases, ...names.map((name) => `${name}\\ *) ;;`)], 4)}
    *) _holdfast_words "${[...names, ...flagNames(flags)].join(' ')}"; return ;;
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${indent(
  commands.map((command) => `${command.name}) _holdfast_words "${flagNames(command.flags).join(' ')}" ;;`),
  6
)}
    esac
    return
  fi
  case "$command" in
${indent(
  commands.map(({ name, argument }) => `${name}) ${bashValue(argument)} ;;`),
  4
)}
  esac
}

_holdfast_words() {
  compopt +o default 2>/dev/null
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
  [[ -z $prefix ]] || COMPREPLY=("\${COMPREPLY[@]/#/$prefix}")
}

# Without words of ours, readline completes files, with the quotes that they need.
_holdfast_directories() {
  compopt +o default -o dirnames 2>/dev/null
}

complete -o default -F _holdfast holdfast
`
}

function bashFlag({ name }: CompletableCommand, { names, value }: CompletableFlag): string[] {
  if (value === undefined) return []
  const pattern = (end = '') => names.map((flag) => `"${name} ${flag}${end}"`).join(' | ')
  const own = `${pattern()}) ${bashValue(value)}; return ;;`
  return value.kind === 'choices' && value.thenFile ? [own, `${pattern('=')}) return ;;`] : [own]
}

function bashValue(value: FlagValue | undefined): string {
  if (value?.kind === 'files') return ':'
  if (value?.kind === 'directories') return '_holdfast_directories'
  return `_holdfast_words "${value?.kind === 'choices' ? value.choices.join(' ') : ''}"`
}

function zsh({ flags, commands }: Completable): string {
  return `#compdef holdfast
# zsh completion for holdfast, written by: holdfast completion zsh
_holdfast() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${indent(
  commands.map(({ name, description }) => zshQuoted(`${name}:${zshText(description)}`)),
  4
)}
  )
  _arguments -C \\
${indent(
  flags.map((flag) => `${zshFlag(flag)} \\`),
  4
)}
    '1:command:->command' '*::argument:->argument' && return
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  case $line[1] in
${indent(commands.map(zshCommand), 4)}
  esac
}

if [[ $funcstack[1] == _holdfast ]]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
`
}

function zshCommand({ name, flags, argument }: CompletableCommand): string {
  const specs = [
    ...flags.map(zshFlag),
    ...(argument === undefined ? [] : [zshQuoted(`*:argument:${zshValue(argument)}`)])
  ]
  return `${name}) _arguments ${specs.join(' \\\n      ')} ;;`
}

/** With a star, because what a list takes may be given again. */
function zshFlag({ names, description, value }: CompletableFlag): string {
  const spec = (name: string): string => {
    const sign = value === undefined ? '' : name.startsWith('--') ? '=' : '+'
    const what = value === undefined ? '' : `:value:${zshValue(value)}`
    return zshQuoted(`*${name}${sign}[${zshText(description)}]${what}`)
  }
  return names.map(spec).join(' ')
}

function zshValue(value: FlagValue): string {
  if (value.kind === 'files') return '_files'
  if (value.kind === 'directories') return '_files -/'
  return value.kind === 'choices' ? `(${value.choices.join(' ')})` : ''
}

function zshText(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, '\\$&')
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function fish({ flags, commands }: Completable): string {
  const names = commands.map(({ name }) => name).join(' ')
  const start = `not __fish_seen_subcommand_from ${names}`
  return `# fish completion for holdfast, written by: holdfast completion fish
complete -c holdfast -f
${[
  ...flags.map((flag) => fishFlag(start, flag)),
  ...commands.map(
    ({ name, description }) => `complete -c holdfast -n '${start}' -a ${name} -d ${fishQuoted(description)}`
  ),
  ...commands.flatMap(fishCommand)
].join('\n')}
`
}

function fishCommand({ name, flags, argument }: CompletableCommand): string[] {
  const here = `__fish_seen_subcommand_from ${name}`
  return [
    ...flags.map((flag) => fishFlag(here, flag)),
    ...(argument === undefined ? [] : [`complete -c holdfast -n '${here}'${fishValue(argument)}`])
  ]
}

/** `-x` is for a value that is no file, `-r` for one that may be. */
function fishFlag(when: string, { names, description, value }: CompletableFlag): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const takes = value === undefined ? '' : `${value.kind === 'files' ? ' -r' : ' -x'}${fishValue(value)}`
  return `complete -c holdfast -n '${when}' ${spelled.join(' ')}${takes} -d ${fishQuoted(description)}`
}

function fishValue(value: FlagValue): string {
  if (value.kind === 'files') return ' -F'
  if (value.kind === 'directories') return " -a '(__fish_complete_directories)'"
  return value.kind === 'choices' ? ` -a '${value.choices.join(' ')}'` : ''
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}

function flagNames(flags: readonly CompletableFlag[]): readonly string[] {
  return flags.flatMap(({ names }) => names)
}

function indent(lines: readonly string[], columns: number): string {
  return lines.map((line) => `${' '.repeat(columns)}${line}`).join('\n')
}
