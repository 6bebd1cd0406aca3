import t from 'tap'
import { pathMatcher } from '../../../src/core/values/path-glob.ts'

t.test('patterns of paths', async (t) => {
  const table: readonly (readonly [pattern: string, fits: readonly string[], fitsNot: readonly string[]])[] = [
    ['tests', ['tests', 'tests/a.yaml', 'tests/b/c.yaml'], ['a/tests', 'tests.yaml', 'test']],
    ['tests/', ['tests', 'tests/a.yaml'], ['tests2/a.yaml']],
    ['./tests', ['tests/a.yaml'], ['a/tests']],
    ['*.yaml', ['a.yaml', '.yaml'], ['a/b.yaml', 'a.yaml2', 'ayaml']],
    ['a/*.yaml', ['a/b.yaml'], ['a/b/c.yaml', 'b.yaml']],
    ['**/tests', ['tests', 'a/tests', 'a/b/tests/c.yaml'], ['a/mytests', 'a/tests.yaml']],
    ['**/*.test.yaml', ['a.test.yaml', 'a/b.test.yaml'], ['a/btestyaml']],
    ['charts/**', ['charts/a', 'charts/a/b.yaml'], ['chart/a', 'a/charts/b']],
    ['charts/**/tests', ['charts/tests', 'charts/a/b/tests/x'], ['charts/a/test']],
    ['a?.yaml', ['ab.yaml'], ['a.yaml', 'a/.yaml', 'abc.yaml']],
    ['a[1].(x)+', ['a[1].(x)+'], ['a1.x', 'a[1]a(x)+']],
    ['**', ['a', 'a/b'], []]
  ]
  for (const [pattern, fits, fitsNot] of table) {
    const matches = pathMatcher(pattern)
    for (const path of fits) t.ok(matches(path), `${pattern} fits ${path}`)
    for (const path of fitsNot) t.notOk(matches(path), `${pattern} does not fit ${path}`)
  }
})
