import t from 'tap'
import { UNKNOWN_CLUSTER } from '../../../src/core/cluster.ts'
import { immutableChangesOf } from '../../../src/core/objects/immutable-changes.ts'
import { deleteCommand, inNamespace, pasteable, restartCommand } from '../../../src/core/objects/kubectl.ts'
import { type Consequence, replacementOf } from '../../../src/core/objects/replacement.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { withDefaults } from '../../../src/inventory/defaults.ts'
import { claimTemplate, statefulSet } from '../../fixtures/objects.ts'
import { subjectOf } from '../../fixtures/reviews.ts'

const data = (parts: Parameters<typeof claimTemplate>[0] = {}) => claimTemplate({ name: 'data', ...parts })
const logs = (parts: Parameters<typeof claimTemplate>[0] = {}) => claimTemplate({ name: 'logs', ...parts })
const having = (...templates: JsonObject[]) => statefulSet({ templates })
const deleting = { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } } }

interface Case {
  readonly name: string
  readonly before: JsonObject
  readonly after: JsonObject
  readonly podsStopFor?: 'selector' | 'new-template'
  readonly consequences?: readonly Consequence[]
  readonly risk?: 'now' | 'later'
}

const CASES: readonly Case[] = [
  { name: 'labels', before: having(data({ labels: { v: '1' } })), after: having(data({ labels: { v: '2' } })) },
  {
    name: 'podManagementPolicy',
    before: statefulSet(),
    after: statefulSet({ spec: { podManagementPolicy: 'Parallel' } })
  },
  {
    name: 'the selector',
    before: statefulSet({ selector: { a: '1' } }),
    after: statefulSet({ selector: { a: '2' } }),
    podsStopFor: 'selector'
  },
  {
    name: 'the selector behind more labels than a message names',
    before: statefulSet({ selector: { a: '1' }, templates: [data({ labels: many('1') })] }),
    after: statefulSet({ selector: { a: '2' }, templates: [data({ labels: many('2') })] }),
    podsStopFor: 'selector'
  },
  {
    name: 'the service',
    before: statefulSet({ spec: { serviceName: 'a' } }),
    after: statefulSet({ spec: { serviceName: 'b' } }),
    consequences: [{ what: 'restart-pods' }]
  },
  {
    name: 'a larger size',
    before: having(data({ size: '2Gi' })),
    after: having(data({ size: '4Gi' })),
    consequences: [
      { what: 'resize-claims-first', template: 'data', resource: 'requests.storage', from: '2Gi', to: '4Gi' }
    ]
  },
  {
    name: 'a smaller size',
    before: having(data({ size: '4Gi' })),
    after: having(data({ size: '2Gi' })),
    consequences: [
      { what: 'claims-never-shrink', template: 'data', resource: 'requests.storage', from: '4Gi', to: '2Gi' }
    ]
  },
  {
    name: 'a class',
    before: having(data({ spec: { storageClassName: 'slow' } })),
    after: having(data({ spec: { storageClassName: 'fast' } })),
    consequences: [{ what: 'claims-keep-what-they-have', template: 'data', field: 'storageClassName' }]
  },
  {
    name: 'a name',
    before: having(data()),
    after: having(logs()),
    podsStopFor: 'new-template',
    consequences: [
      { what: 'claims-start-empty', template: 'logs' },
      { what: 'claims-are-left', template: 'data' }
    ]
  },
  {
    name: 'a template more',
    before: having(data()),
    after: having(data(), logs()),
    podsStopFor: 'new-template',
    consequences: [{ what: 'claims-start-empty', template: 'logs' }]
  },
  {
    name: 'a template less',
    before: having(data(), logs()),
    after: having(data()),
    consequences: [{ what: 'claims-are-left', template: 'logs' }]
  },
  {
    name: 'another order of templates of different sizes, where no PVC changes',
    before: having(data({ size: '1Gi' }), logs({ size: '2Gi' })),
    after: having(logs({ size: '2Gi' }), data({ size: '1Gi' }))
  },
  {
    name: 'PVCs that go with the StatefulSet that runs',
    before: statefulSet({ ...deleting, templates: [data({ labels: { v: '1' } })] }),
    after: having(data({ labels: { v: '2' } })),
    risk: 'now'
  },
  {
    name: 'PVCs that go with the new StatefulSet',
    before: having(data({ labels: { v: '1' } })),
    after: statefulSet({ ...deleting, templates: [data({ labels: { v: '2' } })] }),
    risk: 'later'
  }
]

t.test('how a StatefulSet is replaced', async (t) => {
  for (const { name, before, after, podsStopFor, consequences = [], risk } of CASES) {
    const subject = subjectOf(after, before)
    t.ok(immutableChangesOf(subject, UNKNOWN_CLUSTER).refused, `${name}: it has to be`)
    t.strictSame(
      replacementOf(subject),
      {
        cascade: podsStopFor === undefined ? 'orphan' : 'background',
        ...(podsStopFor && { podsStopFor }),
        consequences,
        ownsClaims: risk === 'now',
        claimsAtRisk: risk !== undefined
      },
      name
    )
  }
})

t.test('what a rendered file leaves out and a cluster fills in is no change', async (t) => {
  const rendered = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'pgw' },
    spec: {
      selector: { matchLabels: { app: 'pgw' } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } }
        },
        { metadata: { name: 'empty' } }
      ]
    }
  }
  const empty = { metadata: { name: 'empty' }, spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }
  const live = statefulSet({ templates: [data(), empty], spec: { serviceName: '' } })
  const filed = withDefaults(rendered)
  const changes = (one: JsonObject, other: JsonObject) => immutableChangesOf(subjectOf(one, other), UNKNOWN_CLUSTER)
  for (const found of [changes(filed, live), changes(live, filed)])
    t.strictSame(found, { refused: undefined, uncertain: undefined })
  const block = statefulSet({ templates: [data({ spec: { volumeMode: 'Block' } }), empty], spec: { serviceName: '' } })
  t.match(changes(block, filed), { refused: { total: 1, restorable: { length: 0 } }, uncertain: undefined })
})

t.test('what is pasted into a shell', async (t) => {
  const subject = subjectOf(statefulSet({ name: 'pgw' }), undefined)
  t.equal(deleteCommand(subject, 'orphan'), 'kubectl delete statefulset --cascade=orphan pgw -n monitoring')
  t.equal(deleteCommand(subject, 'background'), 'kubectl delete statefulset pgw -n monitoring')
  t.equal(deleteCommand({ ...subject, namespace: '' }, 'background'), 'kubectl delete statefulset pgw')
  t.equal(restartCommand(subject), 'kubectl rollout restart statefulset pgw -n monitoring')
  t.equal(restartCommand({ ...subject, name: 'x; reboot' }), 'kubectl rollout restart statefulset NAME -n monitoring')
  t.equal(inNamespace('a b'), ' -n NAMESPACE', 'a namespace that is none does not become the default one')
  for (const name of ['x; reboot', '$(reboot)', '-n', "a'b", 'a\nb', '', 'A', 'a*'])
    t.equal(pasteable(name, 'NAME'), 'NAME', JSON.stringify(name))
})

function many(value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, value]))
}
