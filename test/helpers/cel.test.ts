import t from 'tap'
import { compile, stepsOf } from './cel.ts'

const SCOPE = {
  object: { spec: { containers: [{ name: 'a' }, { image: 'x/b:1' }], none: null, labels: { 'a/b': 'c' } } },
  oldObject: null
}

t.test('what expressions come to', async (t) => {
  const cases: [expression: string, value: unknown][] = [
    ['has(object.spec) && !has(object.status)', true],
    ['has(object.spec.containers) && object.spec.containers != null', true],
    ['object.spec.none == null || false', true],
    ['oldObject == null ? 1 : 2', 1],
    ["(has(object.spec.type) ? object.spec.type : 'x') == 'x'", true],
    ['[1, 2] == [1, 2]', true],
    ['{} != {}', false],
    ['[] == {}', false],
    ['object.spec.labels == object.spec.labels', true],
    ['object.spec.labels == {}', false],
    ["'a/b' in object.spec.labels && !('c' in object.spec.labels)", true],
    ['size(object.spec.containers) > 1 && size(object.spec.labels) > 0', true],
    ["size('a😀') > 1", true],
    ["size('a😀') > 2", false],
    ["(['a'] + ['b']).join(' ') == 'a b'", true],
    ["object.spec.containers.exists(c, has(c.image) && c.image.contains('/b'))", true],
    ["object.spec.containers.exists(c, has(c.image) && c.image.endsWith('b'))", false],
    ["object.spec.containers.exists(c, has(c.image) && c.image.startsWith('x'))", true],
    ["'x y'.matches('[[:space:]]y$') && !'xy'.matches('(^|[/[:space:]])y')", true],
    ["'a\u00a0b'.matches('[[:space:]]')", false],
    // An error counts only where no other part has the answer.
    ['object.nothing || true', true],
    ['false && object.nothing', false],
    ['object.nothing && false', false],
    ["object.spec.containers.exists(c, c.name == 'a')", true],
    ["object.spec.containers.exists(c, c.image == 'x/b:1')", true]
  ]
  for (const [expression, value] of cases) t.strictSame(compile(expression)(SCOPE), value, expression)
})

t.test('what fails', async (t) => {
  for (const expression of [
    'object.nothing',
    'object.nothing || false',
    'has(object.nothing.more)',
    'has(object.spec.none.more)',
    "object.spec.containers.exists(c, c.name == 'z')",
    'oldObject.spec',
    'object.spec ? 1 : 2',
    'size(oldObject) > 1',
    "[null].join(' ')"
  ])
    t.throws(() => compile(expression)(SCOPE), /^CEL: /, expression)
})

t.test('what is not in this part of CEL', async (t) => {
  for (const expression of ['', 'a.all(x, true)', 'a.b(', '(true', 'true true', "'a", 'has(a)', 'a # b', '[1, 2'])
    t.throws(() => compile(expression), Error, expression)
})

t.test('what evaluating takes', async (t) => {
  const cases: [expression: string, steps: number][] = [
    ['true', 0],
    ['has(object.spec)', 1],
    ['has(object.spec.containers)', 2],
    ['object.spec.none == null', 3],
    ['has(object.spec) || has(object.status)', 1],
    ['has(object.spec) && has(object.status)', 2],
    // Two containers, of which the second has an image: two for the list, one each for has(), two for the search.
    ["object.spec.containers.exists(c, has(c.image) && c.image.contains('b'))", 6],
    ['size(object.spec.containers) > 1', 3],
    // Twice to the list; then the list, its two items, and a field in each.
    ['object.spec.containers == object.spec.containers', 9]
  ]
  for (const [expression, steps] of cases)
    t.equal(
      stepsOf(() => compile(expression)(SCOPE)),
      steps,
      expression
    )
})
