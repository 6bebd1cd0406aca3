import fc from 'fast-check'
import t from 'tap'
import { matchesGlob } from '../../../src/core/values/glob.ts'

t.test('patterns', async (t) => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['team-a', 'team-a', true],
    ['team-a', 'team-ab', false],
    ['team-*', 'team-', true],
    ['team-*', 'a-team-b', false],
    ['*-staging', 'a-staging', true],
    ['*-staging', 'a-staging-b', false],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'ace', true],
    ['a*c*e', 'aec', false],
    ['ab*ba', 'aba', false],
    ['*', '', true],
    ['**', 'x', true],
    ['', '', true],
    ['', 'x', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false]
  ]
  for (const [pattern, name, fits] of table) t.equal(matchesGlob(pattern, name), fits, `${pattern} ${name}`)
})

t.test('any name fits the pattern that some of its parts are cut out of', async (t) => {
  const part = fc.string({ maxLength: 5 }).map((text) => text.replaceAll('*', ''))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { minLength: 1 }), part, (pieces, last) => {
        const pattern = pieces.map(([kept]) => `${kept}*`).join('') + last
        const name = pieces.map(([kept, cut]) => kept + cut).join('') + last
        return matchesGlob(pattern, name)
      })
    )
  )
})
