import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { appliedOf, applierOf, successorOf, withoutServerFields } from '../../src/upgrade/successor.ts'

const TEMPLATE = { 'f:spec': { 'f:template': {} } }

function entry(
  manager: string,
  operation: string,
  fieldsV1: JsonObject = TEMPLATE,
  parts: JsonObject = {}
): JsonObject {
  return { manager, operation, fieldsV1, ...parts }
}

t.test('what the API server wrote is not in a file', async (t) => {
  const live = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'pgw',
      labels: { a: 'b' },
      uid: '1',
      resourceVersion: '2',
      generation: 3,
      creationTimestamp: 'now',
      deletionTimestamp: 'now',
      managedFields: [entry('helm', 'Update')],
      finalizers: ['orphan', 'example.com/a']
    },
    spec: { replicas: 2 },
    status: { replicas: 2 }
  }
  t.strictSame(withoutServerFields(live), {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'pgw', labels: { a: 'b' }, finalizers: ['example.com/a'] },
    spec: { replicas: 2 }
  })
})

t.test('who applies it', async (t) => {
  const table: readonly (readonly [string, unknown, unknown])[] = [
    ['nobody that is known', undefined, undefined],
    [
      'the controller, which writes its status',
      [entry('kcm', 'Update', TEMPLATE, { subresource: 'status' })],
      undefined
    ],
    ['somebody who scaled it', [entry('kubectl', 'Update', { 'f:spec': { 'f:replicas': {} } })], undefined],
    ['Helm 3', [entry('helm', 'Update')], { manager: 'helm', isServerSide: false }],
    [
      'Helm 4, beside somebody',
      [entry('edit', 'Update'), entry('helm', 'Apply')],
      { manager: 'helm', isServerSide: true }
    ]
  ]
  for (const [name, managedFields, expected] of table) {
    const { manager, isServerSide } = applierOf({ metadata: { managedFields } }) ?? {}
    t.strictSame(manager === undefined ? undefined : { manager, isServerSide }, expected, name)
  }
})

const MANIFEST = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'pgw', labels: { chart: '2' } },
  spec: {}
}

function created(manifest: JsonObject, old: JsonObject): JsonObject {
  return successorOf(manifest, old, 'lab', applierOf(old))
}

t.test('what an update would leave as it is stays', async (t) => {
  const old = {
    metadata: {
      labels: { chart: '1', team: 'a', 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'pgw' },
      ownerReferences: [{ uid: '1' }]
    },
    spec: { replicas: 3 }
  }
  t.match(created(MANIFEST, old), {
    metadata: {
      name: 'pgw',
      namespace: 'lab',
      labels: { chart: '2', team: 'a', 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'pgw' },
      ownerReferences: [{ uid: '1' }]
    },
    spec: { replicas: 3 }
  })
  t.match(
    created({ ...MANIFEST, spec: { replicas: 5 } }, old),
    { spec: { replicas: 3 } },
    'nobody is started or stopped'
  )
})

t.test('what server-side apply would take away goes, but for what Helm adds', async (t) => {
  const fields = {
    ...TEMPLATE,
    'f:metadata': { 'f:labels': { 'f:gone': {} }, 'f:annotations': { 'f:meta.helm.sh/release-name': {}, 'f:old': {} } }
  }
  const metadata = {
    labels: { gone: '1', mine: '1' },
    annotations: { old: '1', mine: '1', 'meta.helm.sh/release-name': 'pgw' },
    managedFields: [entry('helm', 'Apply', fields)]
  }
  const { metadata: now } = created(MANIFEST, { metadata, spec: {} })
  t.strictSame(now, {
    name: 'pgw',
    namespace: 'lab',
    labels: { mine: '1', chart: '2' },
    annotations: { mine: '1', 'meta.helm.sh/release-name': 'pgw' }
  })
})

t.test('a restart of the Pods is not undone, which would be another one', async (t) => {
  const restarted = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'then', other: '1' } } }
  const old = { spec: { template: restarted } }
  const manifest = { ...MANIFEST, spec: { template: { metadata: { annotations: { a: '1' } }, spec: {} } } }
  t.match(created(manifest, old).spec, {
    template: { metadata: { annotations: { a: '1', 'kubectl.kubernetes.io/restartedAt': 'then', other: undefined } } }
  })
})

t.test('what its applier owns afterwards', async (t) => {
  const live = {
    metadata: { name: 'pgw', namespace: 'lab', labels: { mine: '1', 'app.kubernetes.io/managed-by': 'Helm' } },
    spec: { replicas: 3 }
  }
  t.strictSame(appliedOf({ ...MANIFEST, spec: { serviceName: 'a' } }, live), {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'pgw',
      namespace: 'lab',
      labels: { 'app.kubernetes.io/managed-by': 'Helm', chart: '2' },
      annotations: {}
    },
    spec: { serviceName: 'a' }
  })
  t.match(appliedOf({ ...MANIFEST, spec: { replicas: 1 } }, live), { spec: { replicas: 3 } })
})
