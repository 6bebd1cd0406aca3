import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import t from 'tap'
import { createProgram } from '../../../src/commands/cli.ts'
import { completableOf } from '../../../src/commands/completion/model.ts'
import { SHELLS, type Shell } from '../../../src/commands/completion/scripts.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'

const IDS = POLICIES.map(({ id }) => id)

/** A program with each kind of thing that can be completed, whatever Holdfast itself has. */
function everything(): Command {
  const program = new Command('holdfast')
  program
    .command('check')
    .description(`what it's called: [odd] \\ "text"`)
    .argument('<path...>', 'manifests')
    .addOption(new Option('-o, --output <format[=file]>', 'report').choices(['text', 'json']).argParser(String))
    .addOption(new Option('--previous <path>', 'what runs'))
    .addOption(new Option('--secret').hideHelp())
  program.command('show').addArgument(new Argument('[id]').choices(['a', 'b']))
  return program
}

function scriptOf(shell: Shell, program = createProgram()): string {
  return SHELLS[shell](completableOf(program))
}

/** A shell's exit code and words, or undefined where it is not installed. */
function run(shell: string, args: readonly string[], cwd?: string): { code: number | null; out: string } | undefined {
  const { error, status, stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8', cwd })
  return error === undefined ? { code: status, out: `${stdout}${stderr}` } : undefined
}

function reasonToSkip(shell: string): string | false {
  return run(shell, ['-c', 'exit']) === undefined && `There is no ${shell} here.`
}

t.test('the command prints the script', async (t) => {
  for (const shell of Object.keys(SHELLS) as Shell[])
    t.strictSame(await holdfast('completion', shell), { stdout: scriptOf(shell), stderr: '', code: 0 }, shell)
  t.match(await holdfast('completion', 'tcsh'), { code: 2, stderr: /Allowed choices are bash, zsh, fish/ })
  t.match(await holdfast('completion'), { code: 2, stderr: /missing required argument/ })
})

t.test('every command and every flag is in it', async (t) => {
  const { commands } = completableOf(createProgram())
  t.strictSame(
    commands.map(({ name }) => name),
    [...createProgram().commands.map((command) => command.name()), 'help']
  )
  for (const shell of Object.keys(SHELLS) as Shell[]) {
    const script = scriptOf(shell)
    for (const { name, flags } of commands) {
      t.ok(script.includes(name), `${shell}: ${name}`)
      for (const flag of flags.flatMap(({ names }) => names)) {
        const long = flag.startsWith('--')
        const spelled = shell !== 'fish' ? flag : long ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
        t.ok(script.includes(spelled), `${shell}: ${name} ${flag}`)
      }
    }
    t.notMatch(script, /\bnode\b/, `${shell}: nothing is started on TAB`)
    t.notMatch(scriptOf(shell, everything()), '--secret', `${shell}: what help hides stays hidden`)
  }
})

for (const [shell, args] of [
  ['bash', ['-n']],
  ['zsh', ['-n']],
  ['fish', ['--no-execute']]
] as const) {
  t.test(`${shell} reads it`, { skip: reasonToSkip(shell) }, async (t) => {
    for (const [name, program] of Object.entries({ holdfast: createProgram(), everything: everything() })) {
      const file = join(temporaryDirectory(), 'script')
      writeFileSync(file, scriptOf(shell, program))
      t.strictSame(run(shell, [...args, file]), { code: 0, out: '' }, name)
    }
  })
}

const COMMANDS = createProgram().commands.map((command) => command.name())

/** What is completed behind a command line, and the options that readline is given. `DEFAULT` is its own: files. */
const DEFAULT = ''
const NONE = ' +o default'

t.test('in bash', { skip: reasonToSkip('bash') }, async (t) => {
  const own: readonly (readonly [readonly string[], readonly string[], string])[] = [
    [['ce'], ['certs', 'cert-controller'], NONE],
    [['--v'], ['--version'], NONE],
    [['serve', '--mo'], ['--mode'], NONE],
    [['serve', '--mode', ''], ['off', 'audit', 'warn', 'enforce'], NONE],
    [['serve', '--mode', 'w'], ['warn'], NONE],
    // As readline splits it, and as it does where = was taken out of COMP_WORDBREAKS.
    [['serve', '--mode', '='], ['off', 'audit', 'warn', 'enforce'], NONE],
    [['serve', '--mode', '=', 'w'], ['warn'], NONE],
    [['serve', '--mode=w'], ['--mode=warn'], NONE],
    [['serve', '--config', 'x'], [], DEFAULT],
    [['serve', '--config', '=', 'x'], [], DEFAULT],
    [['serve', '--cert-dir', ''], [], ' +o default -o dirnames'],
    [['serve', '--port', ''], [], NONE],
    [['serve', ''], [], NONE],
    [['serve', '--port', '1', '--mode', 'e'], ['enforce'], NONE],
    [['policies', 'claim'], IDS.filter((id) => id.startsWith('claim')), NONE],
    [['policies', '-n', 'lab', ''], IDS, NONE],
    [['policies', '-n', ''], [], NONE],
    [['certs', ''], [], ' +o default -o dirnames'],
    [['completion', ''], ['bash', 'zsh', 'fish'], NONE],
    [['help', 'ser'], ['serve'], NONE],
    [['nonsense', ''], [...COMMANDS, 'help', '-V', '--version', '-h', '--help'], NONE],
    [['check', '-o', 'j'], ['json', 'junit'], NONE],
    [['check', '-o', 'json', '='], [], DEFAULT],
    [['scan', '--report', ''], ['openreports', 'wgpolicy'], NONE]
  ]
  for (const [words, reply, options] of own)
    t.strictSame(inBash(words), { reply, options }, `holdfast ${words.join(' ')}`)

  const others: typeof own = [
    [['check', ''], [], DEFAULT],
    [['check', 'a.yaml', ''], [], DEFAULT],
    [['check', '--previous', ''], [], DEFAULT],
    [['check', '-o', 'j'], ['json'], NONE],
    [['check', '-o', 'json', '='], [], DEFAULT],
    [['check', '-o', 'json', '=', 'x'], [], DEFAULT],
    [['check', '--output', '=', 'json', '=', 'x'], [], DEFAULT],
    [['show', ''], ['a', 'b'], NONE]
  ]
  for (const [words, reply, options] of others)
    t.strictSame(inBash(words, everything()), { reply, options }, `everything ${words.join(' ')}`)
})

/** Calls the function that `complete -p` names, as readline would. */
function inBash(words: readonly string[], program?: Command): { reply: string[]; options: string } {
  const quoted = ['holdfast', ...words].map((word) => `'${word}'`).join(' ')
  const script = `${scriptOf('bash', program)}
compopt() { options+=" $*"; }
COMP_WORDS=(${quoted}) COMP_CWORD=${words.length} options=""
name=$(complete -p holdfast) && name=\${name##*-F } && name=\${name%% *}
$name
printf '%s\\n' "$options" "\${COMPREPLY[@]}"`
  const [options = '', ...reply] = run('bash', ['--norc', '-c', script])?.out.trimEnd().split('\n') ?? []
  return { reply: reply.filter(Boolean), options }
}

t.test('in fish', { skip: reasonToSkip('fish') }, async (t) => {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'made'))
  writeFileSync(join(directory, 'mine.yaml'), '')
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['holdfast se', ['serve']],
    ['holdfast serve --mo', ['--mode']],
    ['holdfast serve --mode ', ['audit', 'enforce', 'off', 'warn']],
    ['holdfast serve --mode=w', ['--mode=warn']],
    ['holdfast serve --config m', ['made/', 'mine.yaml']],
    ['holdfast serve --port ', []],
    ['holdfast serve ', []],
    ['holdfast certs m', ['made/']],
    ['holdfast completion ', ['bash', 'fish', 'zsh']]
  ]
  for (const [line, reply] of table) {
    const script = `${scriptOf('fish')}\ncomplete -C '${line}'`
    const printed = run('fish', ['--no-config', '-c', script], directory)?.out.split('\n').filter(Boolean) ?? []
    t.strictSame(
      printed.map((row) => row.split('\t')[0]),
      reply,
      line
    )
  }
})
