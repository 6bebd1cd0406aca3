// The fuzz itself: that it repeats itself, that it sees something, and that each of its properties can be broken.
import jsonpatch from 'fast-json-patch'
import t from 'tap'
import { POD, STATEFUL_SET } from '../../src/core/objects/kinds.ts'
import { metadataOf } from '../../src/core/objects/metadata.ts'
import { definePolicy, type Finding, type Policy } from '../../src/core/policy.ts'
import type { Match, Subject } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { valuesIn } from '../../src/inventory/yaml/parse.ts'
import { pod, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { enforced } from '../helpers/configured.ts'
import { Random } from '../helpers/random.ts'
import { generatedCase, type ReviewCase } from './cases.ts'
import { applyJsonPatch } from './json-patch.ts'
import { clone, mutated } from './mutate.ts'
import { faultsOfReview } from './reviews.ts'
import { fuzz } from './run.ts'
import { BESIDE, OBJECTS } from './seeds.ts'
import { faultsInCommand, faultsInSentence } from './shell.ts'
import { Tally } from './tally.ts'
import { oddYaml } from './yaml.ts'

t.setTimeout(240_000)

t.test('some cases', async (t) => {
  const tally = new Tally()
  const failures: unknown[] = []
  await fuzz({ cases: 1500, seed: 'test', most: 3, tally, failed: (failure) => failures.push(failure) })
  t.strictSame(failures, [])
  const wanted = ['reviews', 'denials', 'patches', 'commands of recipes', 'manifests with findings', 'texts']
  for (const what of [
    ...wanted,
    'reviews that cannot be evaluated',
    'texts that cannot be read',
    'reviews without managedFields'
  ])
    t.ok(tally.of(what) > 20, `${tally.of(what)} ${what}`)
})

t.test('a case is its seed and its number', async (t) => {
  const text = (seed: string, number: number): string => JSON.stringify(generatedCase(seed, number))
  const all = (): string[] => Array.from({ length: 200 }, (_, number) => text('a', number))
  t.strictSame(all(), all())
  t.not(text('a', 1), text('b', 1))
  t.not(text('a', 1), text('a', 2))
})

const MATCHES: readonly Match[] = [
  { phase: 'mutate', operation: 'CREATE', resource: POD, about: { kind: 'any' } },
  { phase: 'mutate', operation: 'UPDATE', resource: STATEFUL_SET, about: { kind: 'any' } }
]

let calls = 0

function says(finding: Partial<Finding> | (() => Partial<Finding>)): Policy {
  return definePolicy({
    ...{ id: 'broken', summary: 'It is broken.', defaultMode: 'enforce', matches: MATCHES, options: {} },
    comparesOld: true,
    *check() {
      const parts = typeof finding === 'function' ? finding() : finding
      yield { field: ['spec'], problem: 'it is so', remediation: 'leave it', ...parts }
    }
  })
}

function sets(path: (string | number)[], value: unknown): Policy {
  return says({ fix: { edits: [{ path, value }], does: 'sets it' } })
}

const ON_POD: ReviewCase = {
  ...{ kind: 'review', phase: 'mutate', policies: 'default', version: '1.36' },
  review: podCreation(clone(pod()))
}
const READS_MANAGED = definePolicy({
  ...says({}),
  *check({ object }: Subject) {
    const { managedFields } = metadataOf(object)
    if (Array.isArray(managedFields) && managedFields.length > 0)
      yield { field: ['spec'], problem: 'it is managed', remediation: 'leave it' }
  }
})
const ON_UPDATE: ReviewCase = { ...ON_POD, review: statefulSetUpdate(clone(statefulSet()), clone(statefulSet())) }
const SERVICE_ACCOUNT = ['spec', 'serviceAccountName']

/** A policy with a fault, and the property that it breaks. */
const PLANTED: readonly (readonly [name: string, property: RegExp, policy: Policy, on?: ReviewCase])[] = [
  ['it throws', /^crash: broken/, says(() => JSON.parse('{'))],
  ['its patch does not apply', /^crash: broken/, sets(['spec', 'containers', 9, 'lifecycle'], {})],
  ['it sets what it may not', /^patch: it changes spec\/serviceAccountName/, sets(SERVICE_ACCOUNT, 'a')],
  [
    'it restores something else',
    /^restore: spec\/revisionHistoryLimit/,
    sets(['spec', 'revisionHistoryLimit'], 3),
    ON_UPDATE
  ],
  [
    'it repairs once more',
    /^idempotence/,
    says(() => ({
      fix: { edits: [{ path: ['spec', 'terminationGracePeriodSeconds'], value: ++calls }], does: 'counts' }
    }))
  ],
  ['it reads managedFields', /^managedFields: another answer/, READS_MANAGED],
  ['it says something else each time', /^(?:audit|repetition)/, says(() => ({ problem: `call ${++calls}` }))],
  ['its command does more', /^recipe: no command/, says({ remediation: 'run "kubectl get pods; reboot"' })]
]

t.test('each property can be broken', async (t) => {
  for (const [name, property, policy, on = ON_POD] of PLANTED) {
    const faults = faultsOfReview(on, true, new Tally(), [enforced(policy)])
    t.ok(
      faults.some((fault) => property.test(fault)),
      `${name}: ${faults.join('; ').slice(0, 300)}`
    )
  }
  t.strictSame(faultsOfReview(ON_POD, true, new Tally(), []), [], 'and none is broken by nothing')
})

t.test('JSON Patch, as the standard has it', async (t) => {
  const document = { a: [1, 2], 'b/~': { c: 1 }, __proto__: undefined }
  const table: readonly (readonly [op: string, path: string, value: unknown, made: unknown])[] = [
    ['add', '/a/0', 0, { a: [0, 1, 2], 'b/~': { c: 1 } }],
    ['add', '/a/2', 3, { a: [1, 2, 3], 'b/~': { c: 1 } }],
    ['remove', '/a/0', undefined, { a: [2], 'b/~': { c: 1 } }],
    ['replace', '/b~1~0/c', 2, { a: [1, 2], 'b/~': { c: 2 } }],
    ['add', '/d', {}, { a: [1, 2], 'b/~': { c: 1 }, d: {} }],
    ['replace', '/d', 1, undefined],
    ['remove', '/a/2', undefined, undefined],
    ['add', '/a/3', 1, undefined],
    ['add', '/a/-1', 1, undefined],
    ['add', '/x/y', 1, undefined],
    ['add', '/a/0/b', 1, undefined],
    ['test', '/a', [1, 2], undefined],
    ['add', 'a', 1, undefined],
    ['add', '/b~2', 1, undefined]
  ]
  for (const [op, path, value, made] of table) {
    const apply = (): unknown => applyJsonPatch(clone(document), [{ op, path, value }])
    if (made === undefined) t.throws(apply, `${op} ${path}`)
    else {
      t.strictSame(apply(), made, `${op} ${path}`)
      const operation = { op, path, value } as Parameters<typeof jsonpatch.applyOperation>[1]
      t.strictSame(jsonpatch.applyOperation(clone(document), operation).newDocument, made, 'and so has the library')
    }
  }
})

t.test('commands', async (t) => {
  const good = [
    'kubectl delete statefulset --cascade=orphan pgw -n monitoring',
    "kubectl apply -n a -f 'it'\\''s new.yaml'",
    'for i in $(seq 0 11); do kubectl delete pod pgw-$i -n a; done',
    'kubectl get statefulset pgw -n a -o yaml > pgw.yaml'
  ]
  for (const line of good) t.strictSame(faultsInCommand(line), [], line)
  const bad = [
    '',
    'reboot',
    'kubectl get pods; reboot',
    'kubectl get pods $(reboot)',
    'kubectl get pods $HOME',
    'kubectl get pods `reboot`',
    'kubectl get pods && reboot',
    "kubectl get pods 'a",
    "kubectl get pods 'a\nb'",
    'kubectl delete statefulset --force pgw',
    'kubectl delete statefulset -A',
    'for i in $(seq 0 11); do kubectl delete pod pgw-$i',
    'kubectl get pods > /etc/passwd'
  ]
  for (const line of bad) t.equal(faultsInCommand(line).length, 1, line)
  t.strictSame(
    faultsInSentence('run "kubectl get pods" and upgrade again; do not run "kubectl get pods | sh"').length,
    1
  )
})

t.test('odd YAML says what it was made of', async (t) => {
  const random = new Random('yaml')
  const odd = new Set<string>()
  for (let number = 0; number < 800; number++) {
    const object = mutated<JsonObject>(random, random.pick([...OBJECTS, ...BESIDE]), random.below(3), OBJECTS)
    const yaml = oddYaml(random, [object])
    for (const part of ['&a', '*a', '<<: ', '\r\n', '0x', ' # "', '|\n', ': once'])
      if (yaml.includes(part)) odd.add(part)
    const [read] = valuesIn(yaml.replace(/^\ufeff/, '').replace(/^---\r?\n/, ''))
    t.ok(JSON.stringify(read?.value) === JSON.stringify(object), `${number}`)
  }
  t.equal(odd.size, 8, [...odd].join())
})
