import { POD } from '../../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { claimTemplate, pod, statefulSet } from '../../fixtures/objects.ts'
import { podCreation, reviewOf, statefulSetCreation, statefulSetUpdate } from '../../fixtures/reviews.ts'
import { filledStatefulSet, patchedReview, unrelatedReview } from './objects.ts'

export interface GoodReview {
  readonly name: string
  readonly path: string
  /** The JSON text with this uid. */
  text(uid: string): string
  /** How often it is sent beside the others. */
  readonly weight: number
}

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002'

function good(name: string, weight: number, review: JsonObject, path = '/mutate'): GoodReview {
  const text = JSON.stringify(review)
  return { name, path: `${path}?timeout=5s`, weight, text: (uid) => text.replace(UID, uid) }
}

function upgrade(bytes: number): JsonObject {
  return statefulSetUpdate(
    filledStatefulSet(bytes, 'pushgateway-2.16.0'),
    filledStatefulSet(bytes, 'pushgateway-2.17.0')
  )
}

const volatileLabels = statefulSet({
  templates: [claimTemplate({ labels: { 'helm.sh/chart': 'pushgateway-2.17.0' } })]
})

/** What an API server sends, from a kilobyte to nearly the largest that is read. */
export const GOOD: readonly GoodReview[] = [
  good('patched', 40, patchedReview(4000)),
  good('unrelated', 40, unrelatedReview(4000)),
  good('denied', 20, upgrade(0)),
  good('warned', 10, statefulSetCreation(volatileLabels), '/validate'),
  good('audited', 5, patchedReview(4000), '/mutate/audit'),
  good('deleted', 5, reviewOf(POD, 'DELETE', { oldObject: pod() })),
  good('patched, 60 KB', 10, patchedReview(60_000)),
  good('denied, 300 KB', 2, upgrade(150_000)),
  good('unrelated, 3 MB', 0.3, unrelatedReview(3_000_000)),
  good('patched, 9.5 MB', 0.1, patchedReview(9_500_000))
]

/** The review whose answer tells which configuration is in force. */
export const PROBE = GOOD[2] as GoodReview

const TOTAL = GOOD.reduce((sum, { weight }) => sum + weight, 0)

/** @param share from 0 to 1 */
export function pickGood(share: number): GoodReview {
  let left = share * TOTAL
  for (const review of GOOD) {
    left -= review.weight
    if (left < 0) return review
  }
  return PROBE
}

export interface HostileRequest {
  readonly name: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent piece by piece, with pauses between. */
  readonly pieces: readonly string[]
  readonly pauseMs?: number
  readonly weight: number
}

const small = JSON.stringify(podCreation(pod()))

function withMember(member: string): string {
  return small.replace('"metadata":{', `"metadata":{${member},`)
}

function inPieces(text: string, count: number): string[] {
  const size = Math.ceil(text.length / count)
  return Array.from({ length: count }, (_, at) => text.slice(at * size, (at + 1) * size))
}

const chunked = { 'transfer-encoding': 'chunked' }

/** What no API server sends. A server that nobody disturbs says what is the right answer to each. */
export const HOSTILE: readonly HostileRequest[] = [
  { name: 'not JSON', weight: 4, pieces: ['{"kind": AdmissionReview'] },
  { name: 'no body', weight: 2, pieces: [] },
  { name: 'half of JSON', weight: 2, pieces: [small.slice(0, 500)] },
  { name: 'wrong type', weight: 3, headers: { 'content-type': 'application/yaml' }, pieces: [small] },
  { name: 'not a review', weight: 2, pieces: ['[1, 2, 3]'] },
  { name: 'another version', weight: 2, pieces: [small.replace('k8s.io/v1"', 'k8s.io/v1beta1"')] },
  { name: 'another kind', weight: 2, pieces: [small.replace('"kind":"Pod"', '"kind":"Secret"')] },
  { name: 'wrong path', weight: 3, path: '/convert', pieces: [small] },
  { name: 'a path that cannot be read', weight: 1, path: '/%zz', pieces: [small] },
  { name: 'GET', weight: 2, method: 'GET', pieces: [] },
  {
    name: 'prototype keys',
    weight: 3,
    pieces: [withMember('"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}')]
  },
  { name: 'deep lists', weight: 1, pieces: [withMember(`"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}`)] },
  { name: 'deep maps', weight: 1, pieces: [withMember(`"deep":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)] },
  { name: 'too many values', weight: 0.3, pieces: [withMember(`"many":[${'{},'.repeat(600_000)}{}]`)] },
  { name: 'too large', weight: 0.3, headers: { 'content-length': '11000000' }, pieces: [' '.repeat(11_000_000)] },
  { name: 'a length that is too short', weight: 2, headers: { 'content-length': '100' }, pieces: [small] },
  { name: 'in chunks', weight: 3, headers: chunked, pieces: inPieces(small, 7) },
  { name: 'a slow body', weight: 3, pauseMs: 400, pieces: inPieces(small, 5) },
  { name: 'a slow body in chunks', weight: 3, headers: chunked, pauseMs: 400, pieces: inPieces(small, 5) }
]

const TOTAL_HOSTILE = HOSTILE.reduce((sum, { weight }) => sum + weight, 0)

export function pickHostile(share: number): HostileRequest {
  let left = share * TOTAL_HOSTILE
  for (const request of HOSTILE) {
    left -= request.weight
    if (left < 0) return request
  }
  return HOSTILE[0] as HostileRequest
}
