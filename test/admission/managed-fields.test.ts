import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { withoutManagedFields } from '../../src/admission/managed-fields.ts'
import { encodeResponse } from '../../src/admission/response.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { claimTemplate, pod, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { context, defaultPolicies } from '../helpers/configured.ts'

const ENTRY = {
  manager: 'kubectl',
  operation: 'Apply',
  fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:a"b\\': {} } }, 'v:[1,"}]"]': {} }
}

function withMetadata(object: JsonObject, more: JsonObject): JsonObject {
  return { ...object, metadata: { ...(object.metadata as JsonObject), ...more } }
}

t.test('what is left out, and what stays', async (t) => {
  const managed = podCreation(withMetadata(pod(), { managedFields: [ENTRY, ENTRY] }))
  const emptied = podCreation(withMetadata(pod(), { managedFields: [] }))
  const old = withMetadata(statefulSet(), { managedFields: [ENTRY] })
  const inTemplate = statefulSet({
    templates: [{ ...claimTemplate(), metadata: { name: 'a', managedFields: [ENTRY] } }]
  })
  const inText = podCreation(pod({ annotations: { a: '"managedFields":[{}]', b: '{"managedFields":[' } }))
  const table: readonly (readonly [what: string, text: string, expected: string | undefined])[] = [
    ['of the object', JSON.stringify(managed), JSON.stringify(emptied)],
    ['nothing to leave out', JSON.stringify(podCreation(pod())), undefined],
    ['of the old object', JSON.stringify(statefulSetUpdate(old, statefulSet())), undefined],
    ['of a claim template', JSON.stringify(statefulSetUpdate(statefulSet(), inTemplate)), undefined],
    ['of a new claim template', JSON.stringify(statefulSetCreation(inTemplate)), undefined],
    ['after the spec', '{"spec":{"a":1},"managedFields":[1]}', undefined],
    ['without a spec', '{"managedFields":[1]}', undefined],
    ['a longer name', '{"a\\"managedFields":[1],"spec":{}}', undefined],
    ['in an annotation', JSON.stringify(inText), undefined],
    ['no list', JSON.stringify(podCreation(withMetadata(pod(), { managedFields: 'x' }))), undefined],
    ['spelled with blanks', JSON.stringify(managed, null, 1), undefined],
    ['a list that does not end', '{"request":{"object":{"metadata":{"managedFields":[{"a":"', undefined],
    ['no JSON', '"managedFields":[', undefined]
  ]
  for (const [what, text, expected] of table) t.equal(withoutManagedFields(text), expected ?? text, what)
})

const KEYS = [
  'object',
  'metadata',
  'spec',
  'f:spec',
  'managedFields',
  'managedfields',
  'a"b',
  'a"managedFields',
  '\\',
  '{',
  '__proto__',
  'é'
]
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, -1.5e3, '', '"', '\\', '\\"', ']}', '"managedFields":[', ...KEYS),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('any')), { maxLength: 4 }).map(mapOf)
  )
})).any

/** JSON in which a key may come twice. */
interface Members {
  readonly members: readonly (readonly [string, unknown])[]
}

function mapOf(members: readonly (readonly [string, unknown])[]): Members {
  return { members }
}

function spell(any: unknown): string {
  if (Array.isArray(any)) return `[${any.map(spell).join(',')}]`
  if (typeof any !== 'object' || any === null) return JSON.stringify(any)
  return `{${(any as Members).members.map(([key, inner]) => `${JSON.stringify(key)}:${spell(inner)}`).join(',')}}`
}

/** With every list of that name emptied. */
function emptied(any: unknown): string {
  return JSON.stringify(any, (key, inner) => (key === 'managedFields' && Array.isArray(inner) ? [] : inner))
}

/** What is in a spec that is not managed itself. */
function specsIn(any: unknown): unknown[] {
  if (typeof any !== 'object' || any === null) return []
  const members = Object.entries(any).filter(([key, inner]) => key !== 'managedFields' || !Array.isArray(inner))
  return members.flatMap(([key, inner]) => (key === 'spec' ? [inner] : specsIn(inner)))
}

t.test('any JSON means the same but for a list of that name, which is in no spec', async (t) => {
  const managed = fc.tuple(value, value, value).map(([before, list, spec]) =>
    mapOf([
      ['object', before],
      ['managedFields', [list]],
      ['spec', mapOf([['managedFields', [spec]]])]
    ])
  )
  let cuts = 0
  fc.assert(
    fc.property(fc.oneof(value, managed), (any) => {
      const text = spell(any)
      const cut = withoutManagedFields(text)
      if (cut !== text) cuts++
      const [before, after] = [JSON.parse(text), JSON.parse(cut)]
      return emptied(before) === emptied(after) && JSON.stringify(specsIn(before)) === JSON.stringify(specsIn(after))
    }),
    { numRuns: 10_000, seed: 1 }
  )
  t.ok(cuts > 1000, `${cuts} lists were left out`)
})

t.test('whatever is managed, the answer is the same byte for byte', async () => {
  const answer = (text: string): string => {
    const review = decodeReview(JSON.parse(text), 'mutate')
    return encodeResponse(review, review.subject && decisionFor(review.subject, defaultPolicies(), context()))
  }
  fc.assert(
    fc.property(fc.array(value.map(spell), { maxLength: 4 }), (entries) => {
      const before = statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] })
      const after = statefulSet({ templates: [claimTemplate({ labels: { v: '2' } })] })
      const hole = { managedFields: ['@'] }
      for (const review of [
        podCreation(withMetadata(pod(), hole)),
        statefulSetUpdate(before, withMetadata(after, hole))
      ]) {
        const text = JSON.stringify(review).replace('"@"', () => entries.join(','))
        if (withoutManagedFields(text) === text && entries.length > 0) return false
        if (answer(withoutManagedFields(text)) !== answer(text)) return false
      }
      return true
    }),
    { numRuns: 300 }
  )
})

t.test('no policy reads it', async (t) => {
  const root = join(import.meta.dirname, '../../src')
  const files = globSync('{core,policies,config}/**/*.ts', { cwd: root })
  t.ok(files.length > 80, 'there is something to look at')
  for (const file of files) t.notMatch(readFileSync(join(root, file), 'utf8'), /managedFields/, file)
})
