import t from 'tap'
import type { Container } from '../../../src/core/objects/pod.ts'
import { flagValue, hasSwitch, programOf } from '../../../src/core/programs/arguments.ts'

function running(...args: unknown[]): Container {
  return { index: 0, object: { command: ['/bin/prometheus'], args } }
}

t.test('values, in both forms', async (t) => {
  const table: readonly (readonly [readonly unknown[], string | undefined])[] = [
    [['--a.b=x'], 'x'],
    [['--a.b', 'x'], 'x'],
    [['--a.b='], ''],
    [['--a.b'], undefined],
    [['--a.b=x', '--a.b=y'], 'y'],
    [['--a.b=x=y'], 'x=y'],
    [['--a.bc=x'], undefined],
    [['-a.b=x'], undefined],
    [[null, 7, '--a.b', 'x'], 'x'],
    [[], undefined]
  ]
  for (const [args, value] of table) t.equal(flagValue(running(...args), 'a.b'), value, JSON.stringify(args))
})

t.test('switches', async (t) => {
  const table: readonly (readonly [readonly string[], boolean])[] = [
    [['--agent'], true],
    [['--agent=true'], true],
    [['--agent', '--no-agent'], false],
    [['--no-agent', '--agent'], true],
    [['--agent=false'], false],
    [['--agents'], false],
    [[], false]
  ]
  for (const [args, on] of table) t.equal(hasSwitch(running(...args), 'agent'), on, args.join(' '))
})

t.test('what a container starts', async (t) => {
  const table: readonly (readonly [command: readonly string[], program: string | undefined])[] = [
    [['/bin/pushgateway', '--x'], 'pushgateway'],
    [['tini', '-g', '--', '/x/pushgateway'], 'pushgateway'],
    [['sh', '-c', 'exec pushgateway --x'], 'pushgateway'],
    [['sh', '-c', '\n\t/bin/pushgateway\n'], 'pushgateway'],
    [['sh', '-c', ' '], ''],
    [['sh', 'run.sh'], 'sh'],
    // To a shell a no-break space is a letter.
    [['sh', '-c', '\u00a0pushgateway'], '\u00a0pushgateway'],
    [['sh', '-c', 'exec\u00a0pushgateway'], 'exec\u00a0pushgateway'],
    [[], undefined]
  ]
  for (const [command, program] of table)
    t.equal(programOf({ index: 0, object: { command } }), program, JSON.stringify(command))
  t.equal(programOf({ index: 0, object: { args: ['pushgateway'] } }), undefined, 'an argument of the image')
  t.equal(programOf({ index: 0, object: { args: ['/bin/pushgateway'] } }), 'pushgateway', 'a path')
})
