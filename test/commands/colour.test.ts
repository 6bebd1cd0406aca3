import t from 'tap'
import { hasColour } from '../../src/commands/colour.ts'

t.test('whether colours are welcome', async (t) => {
  const [log, terminal, simple] = [
    { isTTY: undefined as unknown as boolean, hasColors: () => true },
    { isTTY: true, hasColors: () => true },
    { isTTY: true, hasColors: () => false }
  ]
  const table: readonly (readonly [
    what: string,
    stream: typeof terminal,
    env: NodeJS.ProcessEnv,
    expected: boolean
  ])[] = [
    ['a log', log, {}, false],
    ['a log, forced', log, { FORCE_COLOR: '1' }, true],
    ['a log, forced without a value', log, { FORCE_COLOR: '' }, true],
    ['a log, forced and refused', log, { FORCE_COLOR: 'true', NO_COLOR: '1' }, true],
    ['a terminal', terminal, {}, true],
    ['a terminal without colours', simple, {}, false],
    ['a terminal without colours, forced', simple, { FORCE_COLOR: '3' }, true],
    ['a terminal, refused', terminal, { NO_COLOR: '1' }, false],
    ['a terminal, refused without a value', terminal, { NO_COLOR: '' }, true],
    ['a terminal, forced to none', terminal, { FORCE_COLOR: '0' }, false],
    ['a terminal, forced to none in words', terminal, { FORCE_COLOR: 'false' }, false]
  ]
  for (const [what, stream, env, expected] of table) t.equal(hasColour(stream, env), expected, what)
})
