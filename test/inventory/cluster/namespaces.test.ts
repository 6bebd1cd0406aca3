import t from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { allNamespaces, namedNamespaces } from '../../../src/inventory/cluster/namespaces.ts'
import { fakeCluster, forbidden, type Intercept, status } from '../../helpers/fake-cluster.ts'

const PATH = '/api/v1/namespaces'

function namespace(name: string, mode?: unknown): JsonObject {
  return {
    metadata: {
      name,
      labels: { 'kubernetes.io/metadata.name': name, ...(mode !== undefined && { 'holdfast.dev/mode': mode }) }
    }
  }
}

const STORED = {
  [PATH]: [
    namespace('a'),
    namespace('b', 'off'),
    namespace('c', 'warn'),
    namespace('d', 'Warn'),
    namespace('e', 7),
    null
  ]
}

t.test('all of them, and what their labels allow', async (t) => {
  const { api } = await fakeCluster(t, STORED)
  t.strictSame(await allNamespaces(api), {
    names: ['a', 'b', 'c', 'd', 'e'],
    ceilings: new Map([
      ['b', 'off'],
      ['c', 'warn']
    ]),
    isUnread: false,
    problems: []
  })
})

t.test('all of them, where they cannot be listed', async (t) => {
  const table: readonly (readonly [string, Intercept, readonly string[]])[] = [
    ['forbidden', () => forbidden('namespaces'), []],
    [
      'broken',
      () => status(422, 'no'),
      ['namespaces: no. Run the command again; all objects read so far were checked. [CLUSTER_INCOMPLETE]']
    ]
  ]
  for (const [name, intercept, expected] of table) {
    const { api } = await fakeCluster(t, STORED, intercept)
    const { problems, ...rest } = await allNamespaces(api)
    t.strictSame(rest, { names: undefined, ceilings: new Map(), isUnread: true }, name)
    t.strictSame(
      problems.map(({ where, error }) => `${where}: ${error.message}`),
      expected,
      name
    )
  }
})

t.test('some of them', async (t) => {
  const table: readonly (readonly [string, Intercept, JsonObject])[] = [
    ['by their name', () => undefined, {}],
    [
      'by a list, where that is all that is allowed',
      ({ query }) => (query.has('limit') ? undefined : forbidden('it')),
      {}
    ],
    [
      'not at all: they are scanned nevertheless',
      () => forbidden('it'),
      { names: ['c', 'z'], isUnread: true, ceilings: new Map(), unknown: [] }
    ]
  ]
  for (const [name, intercept, parts] of table) {
    const { api } = await fakeCluster(t, STORED, intercept)
    const { problems, ...rest } = await namedNamespaces(api, ['c', 'z', 'c'])
    const { unknown, ...expected } = {
      names: ['c'],
      ceilings: new Map([['c', 'warn']]),
      isUnread: false,
      unknown: ['z'],
      ...parts
    }
    t.strictSame(rest, expected, name)
    t.strictSame(
      problems.map(({ where, error: { code } }) => `${where}: ${code}`),
      unknown.map((namespace) => `the namespace ${namespace}: NAMESPACE_UNKNOWN`),
      name
    )
  }
})

t.test('one that cannot be read for another reason', async (t) => {
  const { api } = await fakeCluster(t, STORED, () => status(422, 'no'))
  const { names, isUnread, problems } = await namedNamespaces(api, ['c'])
  t.strictSame({ names, isUnread }, { names: ['c'], isUnread: true })
  t.match(problems, [{ where: 'the namespace c', error: { code: 'CLUSTER_INCOMPLETE' }, namespaces: ['c'] }])
})
