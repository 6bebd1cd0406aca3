import t from 'tap'
import { denialOf, warningsOf } from '../../src/admission/messages.ts'
import { decisionFor } from '../../src/core/decide.ts'
import { isObject, type JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/claim-template-labels.ts'
import { claimTemplate, type StatefulSetParts, statefulSet } from '../fixtures/objects.ts'
import { CHART_UPGRADES, chartStatefulSet } from '../fixtures/pushgateway-chart.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, enforced } from '../helpers/configured.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const restore = { onChange: 'restore' } as const

/** The last version that refuses another revisionHistoryLimit. */
const OLDER = { version: { major: 1, minor: 32 } }

function limited(revisionHistoryLimit: number, parts: StatefulSetParts = {}): JsonObject {
  return statefulSet({ ...parts, spec: { revisionHistoryLimit } })
}

function labelled(labels: Record<string, string>, spec?: JsonObject): JsonObject {
  return statefulSet({ templates: [claimTemplate({ labels })], ...(spec && { spec }) })
}

function sized(size: string | number): JsonObject {
  return statefulSet({ templates: [claimTemplate({ spec: { resources: { requests: { storage: size } } } })] })
}

const OPERATOR = { apiVersion: 'monitoring.coreos.com/v1', kind: 'Prometheus', name: 'k8s' }

testPolicy(policy, {
  accepted: [
    { name: 'nothing changes', oldObject: labelled({ a: '1' }), object: labelled({ a: '1' }) },
    {
      name: 'labels of the StatefulSet itself',
      oldObject: statefulSet({ labels: { a: '1' } }),
      object: statefulSet({ labels: { a: '2' } })
    },
    {
      name: 'fields that may change',
      cluster: { version: { major: 1, minor: 33 } },
      oldObject: statefulSet({ spec: { replicas: 1, minReadySeconds: 0 } }),
      object: statefulSet({
        spec: { replicas: 5, minReadySeconds: 9, ordinals: { start: 1 }, revisionHistoryLimit: 3 }
      })
    },
    {
      name: 'no labels and an empty map of them',
      oldObject: statefulSet({ templates: [claimTemplate({})] }),
      object: labelled({})
    },
    {
      name: 'labels that are null',
      oldObject: statefulSet({ templates: [claimTemplate({ labels: null })] }),
      object: labelled({})
    },
    {
      name: 'no templates and an empty list of them',
      oldObject: statefulSet({ templates: undefined }),
      object: statefulSet({ templates: [] })
    },
    {
      name: 'templates that are null',
      oldObject: statefulSet({ templates: null }),
      object: statefulSet({ templates: [] })
    },
    { name: 'one size spelled in two units', oldObject: sized('1Gi'), object: sized('1024Mi') },
    { name: 'one size as text and as number', oldObject: sized('5'), object: sized(5) },
    {
      name: 'what the API server fills in',
      oldObject: statefulSet({
        templates: [{ metadata: { name: 'd', creationTimestamp: null }, spec: {}, status: { phase: 'Pending' } }]
      }),
      object: statefulSet({
        templates: [
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'd' },
            spec: {},
            status: { phase: 'Pending' }
          }
        ]
      })
    },
    {
      name: 'prometheus-operator, which needs the raw refusal, by label',
      oldObject: statefulSet({ labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' }, templates: [] }),
      object: statefulSet({ labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' } })
    },
    {
      name: 'prometheus-operator, by its older label',
      oldObject: statefulSet({ labels: { 'managed-by': 'prometheus-operator' }, templates: [] }),
      object: statefulSet({})
    },
    {
      name: 'prometheus-operator, by owner',
      oldObject: statefulSet({ owner: OPERATOR, templates: [] }),
      object: statefulSet({ owner: OPERATOR })
    },
    {
      name: 'prometheus-operator, by name label',
      oldObject: statefulSet({ templates: [] }),
      object: statefulSet({ labels: { 'operator.prometheus.io/name': 'k8s' } })
    },
    {
      name: 'creation with labels that change, where restore will keep them',
      options: restore,
      object: labelled({ 'helm.sh/chart': 'pgw-1' })
    },
    { name: 'creation without claim templates', object: statefulSet({ templates: undefined }) },
    {
      name: 'creation with labels that stay',
      object: labelled({ team: 'observability', 'app.kubernetes.io/name': 'pgw' })
    },
    {
      name: 'creation with a label named like a member of every object',
      object: labelled({ constructor: 'x', toString: 'y' })
    }
  ],
  refused: [
    {
      name: 'a limit of revisions, before Kubernetes 1.33',
      cluster: OLDER,
      oldObject: limited(10),
      object: limited(0),
      finds: [
        {
          field: 'spec.revisionHistoryLimit',
          problem: /^spec\.revisionHistoryLimit "10" → "0"$/,
          remediation: /^run "kubectl delete statefulset --cascade=orphan pgw .*, or set onChange: restore$/
        }
      ]
    },
    {
      name: 'a limit of revisions together with a size: neither is restored',
      options: restore,
      cluster: OLDER,
      oldObject: limited(10, { templates: [claimTemplate({ size: '1Gi' })] }),
      object: limited(5, { templates: [claimTemplate({ size: '2Gi' })] }),
      finds: [{ field: 'spec', problem: /storage "1Gi" → "2Gi", spec\.revisionHistoryLimit "10" → "5"$/ }]
    },
    {
      name: 'a status that somebody copied from a PVC',
      options: restore,
      oldObject: statefulSet(),
      object: statefulSet({ templates: [{ ...claimTemplate(), status: { phase: 'Bound' } }] }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].status.phase', problem: /"Pending" → "Bound"/ }]
    },
    {
      name: 'a selector of PVCs without terms',
      oldObject: statefulSet({ templates: [claimTemplate()] }),
      object: statefulSet({ templates: [claimTemplate({ spec: { selector: {} } })] }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].spec.selector',
          problem: /none → "all volumes"/,
          remediation: /existing PVCs do not change$/
        }
      ]
    },
    {
      name: 'a creationTimestamp that somebody copied from a PVC',
      oldObject: statefulSet({ templates: [{ metadata: { name: 'd', creationTimestamp: null }, spec: {} }] }),
      object: statefulSet({
        templates: [{ metadata: { name: 'd', creationTimestamp: '2026-11-21T00:00:00Z' }, spec: {} }]
      }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.creationTimestamp' }]
    },
    {
      name: 'a changed label',
      oldObject: labelled({ 'helm.sh/chart': 'pgw-1', team: 'a' }),
      object: labelled({ 'helm.sh/chart': 'pgw-2', team: 'a' }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          problem: /^labels of claim template "storage-volume" change: helm\.sh\/chart "pgw-1" → "pgw-2"$/,
          remediation:
            /^run "kubectl delete statefulset --cascade=orphan pgw -n monitoring" \(this keeps its Pods and PVCs\) and upgrade again, or set onChange: restore$/
        }
      ]
    },
    {
      name: 'an added and a removed label',
      oldObject: labelled({ gone: 'x' }),
      object: labelled({ here: 'y' }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.labels', problem: /gone "x" → none, here none → "y"/ }]
    },
    {
      name: 'a label whose key is a member of every object',
      oldObject: labelled({}),
      object: labelled({ constructor: 'x' }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.labels', problem: /constructor none → "x"/ }]
    },
    {
      name: 'annotations',
      oldObject: statefulSet({ templates: [claimTemplate({ annotations: { backup: 'daily' } })] }),
      object: statefulSet({ templates: [claimTemplate({ annotations: { backup: 'weekly' } })] }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.annotations',
          problem: /annotations of .* backup "daily" → "weekly"/
        }
      ]
    },
    {
      name: 'labels of two templates, under the path that they share',
      oldObject: statefulSet({
        templates: [claimTemplate({ name: 'a', labels: { v: '1' } }), claimTemplate({ name: 'b', labels: { v: '1' } })]
      }),
      object: statefulSet({
        templates: [claimTemplate({ name: 'a', labels: { v: '2' } }), claimTemplate({ name: 'b', labels: { v: '2' } })]
      }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates',
          problem: /template "a" change: v "1" → "2"; labels of claim template "b" change: v "1" → "2"/
        }
      ]
    },
    {
      name: 'a size, which restore never undoes',
      options: restore,
      oldObject: sized('2Gi'),
      object: sized('4Gi'),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].spec.resources.requests.storage',
          problem: /storage "2Gi" → "4Gi"/,
          remediation: /; before that, resize the existing PVCs \(kubectl patch pvc\)$/
        }
      ]
    },
    {
      name: 'a smaller size, which no PVC can become',
      oldObject: sized('4Gi'),
      object: sized('2Gi'),
      finds: [
        { field: 'spec.volumeClaimTemplates[0].spec.resources.requests.storage', remediation: /PVCs cannot shrink/ }
      ]
    },
    {
      name: 'a label together with a size: all fields are named',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ labels: { v: '1' }, size: '1Gi' })] }),
      object: statefulSet({ templates: [claimTemplate({ labels: { v: '2' }, size: '2Gi' })] }),
      finds: [{ field: 'spec.volumeClaimTemplates[0]', problem: /v "1" → "2"; .*storage "1Gi" → "2Gi"/ }]
    },
    {
      name: 'a label together with the selector',
      options: restore,
      oldObject: statefulSet({ selector: { app: 'a' }, templates: [claimTemplate({ labels: { v: '1' } })] }),
      object: statefulSet({ selector: { app: 'b' }, templates: [claimTemplate({ labels: { v: '2' } })] }),
      finds: [
        {
          field: 'spec',
          problem: /v "1" → "2"; spec\.selector\.matchLabels\.app "a" → "b"/,
          remediation: /"kubectl delete statefulset pgw -n monitoring" \(this stops its Pods and keeps its PVCs\)/
        }
      ]
    },
    {
      name: 'a storage class of nothing, which is not the default one',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ spec: { storageClassName: '' } })] }),
      object: statefulSet(),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].spec.storageClassName',
          problem: /storageClassName "" → none/,
          remediation: /existing PVCs do not change$/
        }
      ]
    },
    {
      name: 'a name',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ name: 'data' })] }),
      object: statefulSet({ templates: [claimTemplate({ name: 'storage' })] }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.name',
          problem: /"data" → "storage"/,
          remediation: /^run "kubectl delete statefulset pgw -n monitoring" .*a new name start empty, so copy the data$/
        }
      ]
    },
    {
      name: 'a template more',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ name: 'a' })] }),
      object: statefulSet({ templates: [claimTemplate({ name: 'a' }), claimTemplate({ name: 'b' })] }),
      finds: [{ field: 'spec.volumeClaimTemplates[1]', problem: /number of claim templates changes from 1 to 2/ }]
    },
    {
      name: 'a template less, labels and all',
      options: restore,
      oldObject: statefulSet({
        templates: [claimTemplate({ name: 'a' }), claimTemplate({ name: 'b', labels: { v: '1' } })]
      }),
      object: statefulSet({ templates: [claimTemplate({ name: 'a' })] }),
      finds: [{ field: 'spec.volumeClaimTemplates[1]', problem: /from 2 to 1/ }]
    },
    {
      name: 'templates in another order',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ name: 'a' }), claimTemplate({ name: 'b' })] }),
      object: statefulSet({ templates: [claimTemplate({ name: 'b' }), claimTemplate({ name: 'a' })] }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates',
          problem:
            /\[0\]\.metadata\.name "a" → "b"; .*\[1\]\.metadata\.name "b" → "a"|\[0\]\.metadata\.name "a" → "b", .*\[1\]\.metadata\.name "b" → "a"/
        }
      ]
    },
    {
      name: 'the service name alone',
      oldObject: statefulSet({ spec: { serviceName: 'a' } }),
      object: statefulSet({ spec: { serviceName: 'b' } }),
      finds: [
        { field: 'spec.serviceName', problem: /spec\.serviceName "a" → "b"/, remediation: /restart the Pods then/ }
      ]
    },
    {
      name: 'PVCs that are deleted with the StatefulSet: a louder remediation',
      oldObject: labelled(
        { v: '1' },
        { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
      ),
      object: labelled(
        { v: '2' },
        { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }
      ),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          caution: /whenDeleted is Delete: set it to Retain first/
        }
      ]
    },
    {
      name: 'a label that is called resources, whose value looks like a quantity',
      oldObject: labelled({ resources: '1000m' }),
      object: labelled({ resources: '1' }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.labels', problem: /resources "1000m" → "1"/ }]
    },
    {
      name: 'a name that a shell could take for more',
      oldObject: statefulSet({ name: 'x; reboot', templates: [claimTemplate({ labels: { v: '1' } })] }),
      object: statefulSet({
        name: 'x; reboot',
        spec: { serviceName: 'x; reboot' },
        templates: [claimTemplate({ labels: { v: '2' } })]
      }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          remediation: /delete statefulset --cascade=orphan NAME -n monitoring/
        }
      ]
    },
    {
      name: 'labels that are no map',
      options: restore,
      oldObject: statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] }),
      object: statefulSet({ templates: [{ ...claimTemplate(), spec: 'nonsense' }] }),
      finds: [{ field: 'spec.volumeClaimTemplates[0]', problem: /spec/ }]
    }
  ],
  advised: [
    {
      name: 'a limit of revisions on an API server of unknown version, whatever onChange says',
      options: restore,
      oldObject: limited(10),
      object: limited(5),
      finds: [
        {
          field: 'spec.revisionHistoryLimit',
          problem: /^spec\.revisionHistoryLimit "10" → "5": no update may change it before Kubernetes 1\.33$/,
          remediation: /--kubernetes-version$/
        }
      ]
    },
    {
      name: 'creation with labels that change with every release',
      object: labelled({ 'helm.sh/chart': 'pgw-1', 'app.kubernetes.io/version': 'v1', team: 'a' }),
      phases: ['validate'],
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          problem: /has labels that change with every release \(helm\.sh\/chart, app\.kubernetes\.io\/version\)/
        }
      ]
    },
    {
      name: "creation with a label of one's own list",
      object: labelled({ 'helm.sh/chart': 'pgw-1', revision: '7' }),
      options: { volatileLabels: ['revision'] },
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.labels', problem: /\(helm\.sh\/chart, revision\)/ }]
    },
    {
      name: 'creation with the version of the image under a key of its own',
      object: statefulSet({ image: 'x/y:v1.11.3', templates: [claimTemplate({ labels: { build: 'pgw_1.11.3' } })] }),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          problem: /\(build\)/,
          remediation: /^take the label out/
        }
      ]
    },
    ...['2.17.0', '1.18.1'].map((version) => ({
      name: `creation by chart ${version}, which a later one mends`,
      object: chartStatefulSet(version),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          problem: version > '2' ? /\(helm\.sh\/chart, app\.kubernetes\.io\/version\)/ : /\(chart\)/,
          remediation:
            /^install the chart prometheus-pushgateway 3\.0\.0 or later, which has no such label, or take the label out/
        }
      ]
    })),
    {
      name: 'creation by a chart that is mended, with a label of its own',
      object: statefulSet({
        labels: { 'helm.sh/chart': 'prometheus-pushgateway-3.8.0' },
        templates: [claimTemplate({ labels: { of: '3.8.0' } })]
      }),
      finds: [{ field: 'spec.volumeClaimTemplates[0].metadata.labels', remediation: /^take the label out/ }]
    },
    {
      name: 'creation with more labels than a message names',
      object: labelled(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`l${index}`, '1.11.3']))),
      finds: [
        {
          field: 'spec.volumeClaimTemplates[0].metadata.labels',
          problem: /l7 and 1 more label\), and no update may change them$/
        }
      ]
    }
  ],
  fixed: [
    {
      name: 'a limit of revisions, put back',
      options: restore,
      cluster: OLDER,
      oldObject: limited(10),
      object: limited(0),
      patch: [{ op: 'replace', path: '/spec/revisionHistoryLimit', value: 10 }],
      does: /^keeps spec\.revisionHistoryLimit "10" \(not "0"\)$/
    },
    {
      name: 'a limit of revisions and labels, put back',
      options: restore,
      cluster: OLDER,
      oldObject: limited(10, { templates: [claimTemplate({ labels: { v: '1' } })] }),
      object: limited(5, { templates: [claimTemplate({ labels: { v: '2' } })] }),
      patch: [
        { op: 'replace', path: '/spec/volumeClaimTemplates/0/metadata/labels/v', value: '1' },
        { op: 'replace', path: '/spec/revisionHistoryLimit', value: 10 }
      ],
      does: /^keeps the labels of .*: v "1" \(not "2"\); keeps spec\.revisionHistoryLimit "10" \(not "5"\)$/
    },
    {
      name: 'labels are put back and a limit of revisions that may change is not',
      options: restore,
      cluster: { version: { major: 1, minor: 33 } },
      oldObject: limited(10, { templates: [claimTemplate({ labels: { v: '1' } })] }),
      object: limited(5, { templates: [claimTemplate({ labels: { v: '2' } })] }),
      patch: [{ op: 'replace', path: '/spec/volumeClaimTemplates/0/metadata/labels/v', value: '1' }],
      does: /^keeps the labels of claim template "storage-volume": v "1" \(not "2"\)$/
    },
    {
      name: 'more labels than a message names',
      options: restore,
      oldObject: labelled(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, 'a']))),
      object: labelled({}),
      patch: [
        {
          op: 'add',
          path: '/spec/volumeClaimTemplates/0/metadata/labels/k0',
          value: 'a'
        },
        ...Array.from({ length: 39 }, (_, index) => ({
          op: 'add' as const,
          path: `/spec/volumeClaimTemplates/0/metadata/labels/k${index + 1}`,
          value: 'a'
        }))
      ],
      does: /k31 "a" \(not none\)/
    },
    {
      name: 'a changed label, put back',
      options: restore,
      oldObject: labelled({ 'helm.sh/chart': 'pgw-1', team: 'a' }),
      object: labelled({ 'helm.sh/chart': 'pgw-2', team: 'a' }),
      patch: [{ op: 'replace', path: '/spec/volumeClaimTemplates/0/metadata/labels/helm.sh~1chart', value: 'pgw-1' }],
      does: /^keeps the labels of claim template "storage-volume": helm\.sh\/chart "pgw-1" \(not "pgw-2"\)$/
    },
    {
      name: 'labels that are gone',
      options: restore,
      oldObject: labelled({ v: '1', w: '2' }),
      object: statefulSet(),
      patch: [{ op: 'add', path: '/spec/volumeClaimTemplates/0/metadata/labels', value: { v: '1', w: '2' } }],
      does: /v "1" \(not none\), w "2" \(not none\)/
    },
    {
      name: 'labels where there were none',
      options: restore,
      oldObject: statefulSet(),
      object: labelled({ v: '1' }),
      patch: [{ op: 'remove', path: '/spec/volumeClaimTemplates/0/metadata/labels' }],
      does: /v none \(not "1"\)/
    },
    {
      name: 'labels that became null',
      options: restore,
      oldObject: labelled({ v: '1' }),
      object: statefulSet({ templates: [claimTemplate({ labels: null })] }),
      patch: [{ op: 'replace', path: '/spec/volumeClaimTemplates/0/metadata/labels', value: { v: '1' } }],
      does: /v "1"/
    },
    {
      name: 'annotations of the second template only',
      options: restore,
      oldObject: statefulSet({
        templates: [claimTemplate({ name: 'a' }), claimTemplate({ name: 'b', annotations: { x: '1' } })]
      }),
      object: statefulSet({
        templates: [claimTemplate({ name: 'a' }), claimTemplate({ name: 'b', annotations: { x: '2', y: '3' } })]
      }),
      patch: [
        { op: 'remove', path: '/spec/volumeClaimTemplates/1/metadata/annotations/y' },
        { op: 'replace', path: '/spec/volumeClaimTemplates/1/metadata/annotations/x', value: '1' }
      ],
      does: /keeps the annotations of claim template "b"/
    },
    {
      name: 'keys that need escaping, and one that no patch library likes',
      options: restore,
      oldObject: labelled(JSON.parse('{"a/b~c":"1","__proto__":"x"}')),
      object: labelled(JSON.parse('{"a/b~c":"2","__proto__":"y"}')),
      patch: [
        {
          op: 'replace',
          path: '/spec/volumeClaimTemplates/0/metadata/labels',
          value: JSON.parse('{"a/b~c":"1","__proto__":"x"}')
        }
      ],
      does: /a\/b~c "1" \(not "2"\)/
    }
  ]
})

t.test('what a long name leaves of the warning that could save the data', async (t) => {
  const parts = { name: 'n'.repeat(52), spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } } }
  const [old, now] = ['1', '2'].map((v) => statefulSet({ ...parts, templates: [claimTemplate({ labels: { v } })] }))
  const subject = { ...subjectOf(now as JsonObject, old), namespace: 'm'.repeat(63) }
  const { verdicts } = decisionFor(subject, [enforced(policy as never)], context({ ceiling: 'warn' }))
  const lines = warningsOf(verdicts)
  t.match(lines[1], /^Holdfast claim-template-labels: caution: .*set it to Retain first.*with the StatefulSet$/)
  t.match(lines[2], `"kubectl delete statefulset --cascade=orphan ${'n'.repeat(52)} -n ${'m'.repeat(63)}"`)
})

t.test('a hundred thousand labels are counted and the first ones named', async (t) => {
  const many = (value: string): Record<string, string> =>
    Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key-${index}`, value]))
  const decision = decideWith('reject', labelled(many('a')), labelled(many('b')))
  const { message } = denialOf(decision.verdicts)
  t.match(message, /key-0 "a" → "b", .*; and 99968 more changes/)
  t.ok(message.length < 4000, 'the message ends somewhere')
  t.equal(
    decideWith('restore', labelled(many('a')), labelled(many('b'))).allowed,
    true,
    'and restore puts all of them back'
  )
})

t.test('every upgrade of the prometheus-pushgateway chart from 1.18.0 to 3.8.0', async (t) => {
  const outcomes = { rejected: 0, untouched: 0, restored: 0 }
  for (const { from, to } of CHART_UPGRADES) {
    const [before, after] = [chartStatefulSet(from), chartStatefulSet(to)]
    const name = `${from} → ${to}`
    const changed = changedKeys(before, after)

    const strict = decideWith('reject', before, after)
    t.equal(strict.allowed, changed.length === 0, `${name}: rejected where a claim template changes`)
    const { message } = denialOf(strict.verdicts)
    for (const key of changed) t.ok(message.includes(key), `${name}: names ${key}`)
    if (changed.length === 0) outcomes.untouched++
    else outcomes.rejected++
    if (changed.length === 0) t.strictSame(strict.operations, [], `${name}: passes untouched`)

    const mild = decideWith('restore', before, after)
    if (changed.length === 0) continue
    t.equal(mild.allowed, to !== '2.0.0', `${name}: goes through with restore, unless the selector changed`)
    if (!mild.allowed) {
      t.match(denialOf(mild.verdicts).message, /spec\.selector\.matchLabels/, `${name}: names the selector`)
      continue
    }
    outcomes.restored++
    const expected = structuredClone(after) as { spec: { volumeClaimTemplates: unknown } }
    expected.spec.volumeClaimTemplates = (before as typeof expected).spec.volumeClaimTemplates
    t.strictSame(mild.object, expected, `${name}: exactly the metadata of the claim template is restored`)
  }
  t.strictSame(outcomes, { rejected: 42, untouched: 14, restored: 41 })
})

function decideWith(
  onChange: 'reject' | 'restore',
  before: JsonObject,
  after: JsonObject
): ReturnType<typeof decisionFor> {
  return decisionFor(subjectOf(after, before), [enforced(policy as never, { onChange })], context())
}

/** The keys of the first claim template's labels that differ, found in another way than the policy finds them. */
function changedKeys(before: JsonObject, after: JsonObject): string[] {
  const [one, other] = [before, after].map((set) => {
    const spec = set.spec as { volumeClaimTemplates: { metadata: { labels?: JsonObject } }[] }
    const labels = spec.volumeClaimTemplates[0]?.metadata.labels
    return isObject(labels) ? labels : {}
  }) as [JsonObject, JsonObject]
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((key) => one[key] !== other[key])
}
