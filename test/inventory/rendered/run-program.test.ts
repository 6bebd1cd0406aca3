import t from 'tap'
import { commandLine, ProgramFailure, runProgram } from '../../../src/inventory/rendered/run-program.ts'
import { standIns } from '../../helpers/stand-in.ts'

standIns({
  echo: 'process.stdout.write(args.join(" "))',
  copy: 'process.stdin.pipe(process.stdout)',
  fails: 'process.stderr.write("walk.go: a link\\nError: it is broken\\n  at line 3\\n"); process.exitCode = 3',
  floods: 'const more = () => process.stdout.write("x".repeat(65536), more); more()',
  hangs: 'setInterval(() => {}, 1000)',
  murmurs: 'process.stderr.write("e".repeat(1e6) + "\\nfatal: at the end"); process.exitCode = 1'
})

const LIMITS = { timeoutMs: 20_000, most: 100_000 }

async function failure(program: string, limits = LIMITS): Promise<ProgramFailure> {
  const error: unknown = await runProgram(program, [], { limits }).catch((reason: unknown) => reason)
  if (error instanceof ProgramFailure) return error
  throw new Error(`${program} did not fail`)
}

t.test('what a program prints, and what it is given', async (t) => {
  const words = ['a b', '$(touch x)', '; exit 1', '*']
  t.equal(Buffer.concat((await runProgram('echo', words)).stdout).toString(), words.join(' '), 'no shell reads it')
  t.equal(Buffer.concat((await runProgram('copy', [], { input: 'abc' })).stdout).toString(), 'abc')
  t.equal((await runProgram('copy', [])).stdout.length, 0, 'nobody answers what it asks')
})

const failures: readonly (readonly [program: string, says: RegExp, limits?: typeof LIMITS])[] = [
  ['fails', /^ended with exit code 3: Error: it is broken at line 3$/],
  ['floods', /^wrote more than 0\.0\d+ MiB$/],
  ['hangs', /^did not end within 0\.3 s$/, { timeoutMs: 300, most: 1 }],
  ['murmurs', /^ended with exit code 1: fatal: at the end$/],
  ['no-such-program', /^is not on the PATH$/]
]

t.test('what goes wrong', async (t) => {
  for (const [program, says, limits] of failures) {
    const { message, isMissing } = await failure(program, limits)
    t.match(message, says, program)
    t.equal(isMissing, program === 'no-such-program', program)
    t.ok(message.length < 2000, program)
  }
})

t.test('what to type', async (t) => {
  t.equal(commandLine('helm', ['template', 'a', './b', '--set=a=b']), 'helm template a ./b --set=a=b')
  t.equal(commandLine('helm', ["it's", 'a b']), `helm 'it'\\''s' 'a b'`)
})
