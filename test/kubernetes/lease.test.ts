import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import {
  heldLease,
  type LeaseView,
  look,
  mayHold,
  recordOf,
  releasedLease,
  relianceMs
} from '../../src/kubernetes/lease.ts'

const ME = { identity: 'me', durationMs: 15_000 }
const CLOCK = new Date('2026-06-01T12:00:00.123Z')
const lease = (spec?: JsonObject, resourceVersion = '1'): JsonObject => ({
  metadata: { name: 'lease', resourceVersion },
  ...(spec && { spec })
})
const held = (holderIdentity: string) => ({ holderIdentity, leaseDurationSeconds: 10, leaseTransitions: 3 })

t.test('who may hold it', async (t) => {
  const cases: readonly (readonly [what: string, of: JsonObject, unchangedMs: number, may: boolean])[] = [
    ['as it is shipped', lease(), 0, true],
    ['released', lease(held('')), 0, true],
    ['our own', lease(held('me')), 60_000, true],
    ['of another, just seen', lease(held('other')), 0, false],
    ['of another, for all of its duration', lease(held('other')), 10_000, false],
    ['of another, which no longer renews it', lease(held('other')), 10_001, true]
  ]
  for (const [what, of, ms, may] of cases) {
    const view = look(undefined, recordOf(of), 500)
    t.equal(mayHold(view, ME, 500 + ms), may, what)
  }
})

t.test('what counts is how long it was seen unchanged here', async (t) => {
  let view: LeaseView | undefined
  view = look(view, recordOf(lease({ ...held('other'), renewTime: '1999-01-01T00:00:00.000000Z' })), 100)
  view = look(view, recordOf(lease(held('other'))), 9000)
  t.equal(view.seenAt, 100, 'the same version')
  t.equal(mayHold(view, ME, 10_101), true)
  view = look(view, recordOf(lease(held('other'), '2')), 10_000)
  t.equal(mayHold(view, ME, 10_101), false, 'it was renewed, whatever time it says')
})

t.test('taken, renewed and released', async (t) => {
  const taken = heldLease(lease(held('other')), ME, CLOCK)
  const time = '2026-06-01T12:00:00.123000Z'
  t.match(taken, {
    metadata: { resourceVersion: '1' },
    spec: { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: time, renewTime: time, leaseTransitions: 4 }
  })
  const renewed = heldLease(taken, ME, new Date(CLOCK.getTime() + 5000))
  t.match(renewed.spec, { acquireTime: time, renewTime: '2026-06-01T12:00:05.123000Z', leaseTransitions: 4 })
  t.match(releasedLease(renewed, CLOCK).spec, { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 4 })
  t.match(heldLease(lease(), { identity: 'me', durationMs: 100 }, CLOCK).spec, { leaseDurationSeconds: 1 })
})

t.test('a holder stops to rely on it before another may take it', async (t) => {
  t.ok(relianceMs(ME) < ME.durationMs)
})
