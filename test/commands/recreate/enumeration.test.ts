// Whatever happens at whichever call, the end is the same, and nothing is lost: each call of a run is met by each fault,
// and after each of them the process ends once and is started again.

import t, { type Test } from 'tap'
import { type Means, type Replaced, replaceAll } from '../../../src/commands/recreate/replace-all.ts'
import { type JsonObject, objectOf } from '../../../src/core/values/json.ts'
import { type Api, createApi } from '../../../src/kubernetes/client.ts'
import type { Journal } from '../../../src/upgrade/carry-out/job.ts'
import { claimTemplate, type StatefulSetParts, statefulSet } from '../../fixtures/objects.ts'
import { type FakeControlPlane, type Fault, fakeControlPlane } from '../../helpers/fake-control-plane.ts'

t.setTimeout(300_000)

interface Case {
  readonly name: string
  readonly before: JsonObject
  readonly after: JsonObject
  readonly arguments?: Partial<Means>
  readonly applier?: 'Apply'
  /** Names of Pods that are the same at the end. */
  readonly podsStay: readonly string[]
  readonly calls: readonly string[]
}

const DELETE = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
const BOTH = ['pgw-0', 'pgw-1']

function set({ spec, templates = [claimTemplate({ name: 'data' })], ...parts }: StatefulSetParts): JsonObject {
  return statefulSet({ ...parts, templates, spec: { replicas: 2, ...spec } })
}

const sized = (size: string) => [claimTemplate({ name: 'data', size, spec: { storageClassName: 'fast' } })]

const CASES: readonly Case[] = [
  {
    name: 'labels',
    before: set({}),
    after: set({ templates: [claimTemplate({ name: 'data', labels: { v: '2' } })] }),
    arguments: { relabelClaims: true },
    podsStay: BOTH,
    calls: [
      'DELETE statefulsets/pgw',
      'POST statefulsets',
      'PATCH persistentvolumeclaims/data-pgw-0',
      'PATCH persistentvolumeclaims/data-pgw-1'
    ]
  },
  {
    name: 'PVCs that go with their StatefulSet, which server-side apply brought',
    before: set({ spec: DELETE }),
    after: set({ spec: { ...DELETE, podManagementPolicy: 'Parallel' } }),
    applier: 'Apply',
    podsStay: BOTH,
    calls: [
      'PATCH statefulsets/pgw',
      'PATCH persistentvolumeclaims/data-pgw-0',
      'DELETE statefulsets/pgw',
      'POST statefulsets',
      'PATCH statefulsets/pgw',
      'PATCH statefulsets/pgw'
    ]
  },
  {
    name: 'a larger size',
    before: set({ templates: sized('1Gi') }),
    after: set({ templates: sized('2Gi') }),
    podsStay: BOTH,
    calls: [
      'PATCH persistentvolumeclaims/data-pgw-0',
      'PATCH persistentvolumeclaims/data-pgw-1',
      'DELETE statefulsets/pgw',
      'POST statefulsets'
    ]
  },
  {
    name: 'another service',
    before: set({ spec: { serviceName: 'a' } }),
    after: set({ spec: { serviceName: 'b' } }),
    podsStay: [],
    calls: ['DELETE statefulsets/pgw', 'POST statefulsets', 'PATCH statefulsets/pgw']
  },
  {
    name: 'another service, where nobody but us restarts Pods',
    before: set({ spec: { serviceName: 'a', updateStrategy: { type: 'OnDelete' } } }),
    after: set({ spec: { serviceName: 'b', updateStrategy: { type: 'OnDelete' } } }),
    podsStay: [],
    calls: ['DELETE statefulsets/pgw', 'POST statefulsets', 'DELETE pods/pgw-1', 'DELETE pods/pgw-0']
  },
  {
    name: 'another selector, and PVCs that go with their StatefulSet',
    before: set({ spec: DELETE }),
    after: set({
      selector: { app: 'new' },
      spec: { ...DELETE, template: { metadata: { labels: { app: 'new' } }, spec: {} } }
    }),
    podsStay: [],
    calls: [
      'PATCH statefulsets/pgw',
      'PATCH persistentvolumeclaims/data-pgw-0',
      'DELETE statefulsets/pgw',
      'POST statefulsets'
    ]
  }
]

/** How a process ends that nobody asks whether it may. */
class Killed extends Error {
  override readonly name = 'Killed'
}

interface Lab {
  readonly plane: FakeControlPlane
  readonly uids: Uids
  run(api?: (api: Api) => Api): Promise<Replaced>
}

interface Uids {
  readonly set: string
  readonly pods: Readonly<Record<string, string>>
  readonly claims: Readonly<Record<string, string>>
}

async function labFor(t: Test, { before, after, applier, ...one }: Case): Promise<Lab> {
  const plane = await fakeControlPlane(t)
  plane.put('storageclasses', { metadata: { name: 'fast' }, allowVolumeExpansion: true })
  const stored = plane.put('statefulsets', before)
  stored.metadata.labels = { gone: '1', mine: '1' }
  const fieldsV1 = { 'f:spec': { 'f:template': {} }, 'f:metadata': { 'f:labels': { 'f:gone': {} } } }
  stored.metadata.managedFields = [{ manager: 'helm', operation: applier ?? 'Update', fieldsV1 }]
  plane.settle()
  const journal = journalInMemory()
  const wanted = { namespace: 'monitoring', name: 'pgw', manifest: after, place: 'new.yaml:1' }
  // A clock that a wait moves on: nobody waits, and a deadline is one nevertheless.
  let time = 0
  const sleep = async (ms: number): Promise<void> => {
    time += ms
  }
  const run = async (wrap: (api: Api) => Api = (api) => api): Promise<Replaced> => {
    const voice = { width: 96, say() {}, tell() {}, show() {} }
    return replaceAll([wanted], voice, {
      api: wrap(createApi(plane.connection, sleep, true)),
      now: () => time,
      sleep,
      timeoutMs: 60_000,
      gitOpsPaused: false,
      relabelClaims: false,
      isDryRun: false,
      journalFor: () => journal,
      isWanted: async () => true,
      ...one.arguments
    })
  }
  return { plane, uids: uidsOf(plane), run }
}

/** What is in a file has been JSON. */
function journalInMemory(): Journal {
  let text: string | undefined
  return {
    fileOf: (uid) => `pgw.${uid}.json`,
    find: async () => (text === undefined ? undefined : JSON.parse(text)),
    save: async (saved) => {
      text = JSON.stringify(saved)
    },
    finish: async () => {
      text = undefined
    }
  }
}

function uidsOf({ stored }: FakeControlPlane): Uids {
  const of = (resource: string) =>
    Object.fromEntries([...(stored[resource]?.values() ?? [])].map(({ metadata }) => [metadata.name, metadata.uid]))
  return { set: of('statefulsets').pgw ?? '', pods: of('pods'), claims: of('persistentvolumeclaims') }
}

/** What is so at the end, however it came to it. */
function endOf(lab: Lab, { after }: Case) {
  const { plane, uids: before } = lab
  plane.settle()
  const now = uidsOf(plane)
  const stored = plane.stored.statefulsets?.get('pgw')
  const { replicas, serviceName, podManagementPolicy, selector, volumeClaimTemplates } = objectOf(stored?.spec)
  const wanted = objectOf(after.spec)
  return {
    isNew: now.set !== before.set,
    spec: { replicas, serviceName, podManagementPolicy, selector, volumeClaimTemplates },
    isWanted: serviceName === wanted.serviceName && podManagementPolicy === wanted.podManagementPolicy,
    claims: now.claims,
    pods: Object.keys(now.pods).sort(),
    podsStayed: Object.keys(now.pods)
      .filter((name) => now.pods[name] === before.pods[name])
      .sort(),
    owners: [...(plane.stored.pods?.values() ?? [])].map(({ metadata }) => metadata.ownerReferences[0].uid === now.set),
    subdomains: [...(plane.stored.pods?.values() ?? [])].map(({ spec }) => spec.subdomain),
    managers: stored?.metadata.managedFields.map(({ manager, operation }: JsonObject) => `${manager} ${operation}`),
    labels: stored?.metadata.labels
  }
}

for (const one of CASES) {
  t.test(one.name, async (t) => {
    const lab = await labFor(t, one)
    const { results, code } = await lab.run()
    t.strictSame([code, results[0]?.outcome], [0, 'recreated'], JSON.stringify(results))
    const end = endOf(lab, one)
    t.strictSame(end.claims, lab.uids.claims, 'the PVCs are the ones from before')
    t.strictSame(end.podsStayed, one.podsStay, 'Pods')
    t.strictSame(end.pods, BOTH)
    t.strictSame([end.isNew, end.isWanted, ...end.owners], [true, true, true, true])
    t.strictSame(end.subdomains, [objectOf(one.after.spec).serviceName, objectOf(one.after.spec).serviceName])
    // Server-side apply would have removed what the manifest has no longer.
    t.strictSame(end.labels, one.applier === 'Apply' ? { mine: '1' } : { gone: '1', mine: '1' })
    t.strictSame(end.managers, [`helm ${one.applier ?? 'Update'}`])
    const writes = lab.plane.asked.filter((line) => !/^GET|dry$|selfsubject/.test(line))
    t.strictSame(writes, one.calls, 'what is changed, in this order')
    t.equal((await lab.run()).results[0]?.outcome, 'nothing-to-do', 'and once more it has nothing to do')

    const calls = await countCalls(t, one)
    t.ok(calls > 10, `${calls} calls`)
    await t.test('killed after each call', async (t) => {
      for (let last = 1; last <= calls; last++) {
        const killed = await labFor(t, one)
        await t.rejects(
          killed.run((api) => dyingAfter(api, last)),
          { name: 'Killed' },
          `call ${last}`
        )
        const again = await killed.run()
        t.match([0], [again.code], `call ${last}: ${JSON.stringify(again.results)}`)
        t.strictSame(endOf(killed, one), comparable(end, endOf(killed, one)), `call ${last}: the same end`)
        t.strictSame(uidsOf(killed.plane).claims, killed.uids.claims, `call ${last}: PVCs`)
        t.equal((await killed.run()).results[0]?.outcome, 'nothing-to-do', `call ${last}: and nothing is left to do`)
      }
    })
    for (const fault of [403, 409, 429, 500, 'closed', 'lost'] satisfies Fault[]) {
      await t.test(`each call answered by ${fault}, once`, async (t) => {
        for (let at = 1; at <= lab.plane.asked.length; at++) {
          const hit = await labFor(t, one)
          hit.plane.fault = (count) => (count === at ? fault : undefined)
          const first = await hit.run().catch((error: Error) => error)
          // The very first request says whether there is a cluster at all.
          if (first instanceof Error) t.equal(at, 1, first.message)
          const { code, results } = first instanceof Error ? await hit.run() : first
          t.equal(code, 0, `call ${at} (${hit.plane.asked[at - 1]}): ${JSON.stringify(results)}`)
          t.strictSame(endOf(hit, one), comparable(end, endOf(hit, one)), `call ${at}: the same end`)
          t.strictSame(uidsOf(hit.plane).claims, hit.uids.claims, `call ${at}: PVCs`)
        }
      })
    }
  })
}

/** uids are numbers in the order of creation, and a run that was disturbed creates as many in another order. */
function comparable<End extends { claims: unknown }>(expected: End, actual: End): End {
  return { ...expected, claims: actual.claims }
}

async function countCalls(t: Test, one: Case): Promise<number> {
  const lab = await labFor(t, one)
  await lab.run()
  return lab.plane.asked.length
}

/** The last call is answered, and nobody hears it any more. */
function dyingAfter(api: Api, last: number): Api {
  let count = 0
  const counted =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      if (count >= last) throw new Killed()
      const settled = await call(...args).then(
        (answer) => () => answer,
        (error) => () => {
          throw error
        }
      )
      if (++count >= last) throw new Killed()
      return settled()
    }
  return {
    get: counted(api.get),
    create: counted(api.create),
    replace: counted(api.replace),
    patch: counted(api.patch),
    remove: counted(api.remove),
    close: () => api.close()
  }
}
