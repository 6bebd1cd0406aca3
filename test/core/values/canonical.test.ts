import t from 'tap'
import { canonical, digestOf, hashOf } from '../../../src/core/values/canonical.ts'

t.test('one text, whatever the order of keys', async (t) => {
  const table = [
    [{ b: 1, a: 2 }, { a: 2, b: 1 }, true],
    [{ x: [{ b: 1, a: { d: 1, c: 2 } }] }, { x: [{ a: { c: 2, d: 1 }, b: 1 }] }, true],
    [{ 10: 'a', 9: 'b', x: 'c' }, { x: 'c', 9: 'b', 10: 'a' }, true],
    [JSON.parse('{"__proto__": 1, "a": 2}'), JSON.parse('{"a": 2, "__proto__": 1}'), true],
    [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 2}'), false],
    [['a', 'b'], ['b', 'a'], false],
    [{ a: '1' }, { a: 1 }, false],
    [{ a: null }, {}, false],
    [{ a: {} }, { a: [] }, false],
    ['a', 'a', true]
  ] as const
  for (const [one, other, isSame] of table) {
    t.equal(canonical(one) === canonical(other), isSame, `${JSON.stringify(one)} and ${JSON.stringify(other)}`)
    t.equal(digestOf(one) === digestOf(other), isSame, 'and so are their digests')
  }
})

t.test('the hash of labels stands on objects in clusters, and is what it always was', async (t) => {
  const labels = { 'app.kubernetes.io/name': 'kube-state-metrics', 'helm.sh/chart': 'ksm-5.0.0', team: 'b' }
  t.equal(hashOf({}), '4f53cda18c2baa0c')
  t.equal(hashOf(labels), '317fb94d80430758')
  t.equal(hashOf(Object.fromEntries(Object.entries(labels).reverse())), '317fb94d80430758')
  t.equal(hashOf({ 10: 'a', 9: 'b', b: 'é', a: null }), '89a8065451c4e768')
})
