import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { withDefaults } from '../../src/inventory/defaults.ts'
import { chartStatefulSet } from '../fixtures/pushgateway-chart.ts'
import { deepFreeze } from '../helpers/policy-tester.ts'

const CONTAINER = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent'
}

function podWith(spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', spec }
}

function withTemplate(template: JsonObject): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { volumeClaimTemplates: [template] } }
}

const cases: readonly (readonly [name: string, object: JsonObject, defaulted: JsonObject])[] = [
  [
    'a Pod',
    podWith({ serviceAccountName: 'a', containers: [{ name: 'a', image: 'a:1' }] }),
    {
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        terminationGracePeriodSeconds: 30,
        securityContext: {},
        serviceAccountName: 'a',
        serviceAccount: 'a',
        containers: [{ name: 'a', image: 'a:1', ...CONTAINER }]
      }
    }
  ],
  [
    'what somebody set stays',
    podWith({ terminationGracePeriodSeconds: 0 }),
    { spec: { terminationGracePeriodSeconds: 0 } }
  ],
  [
    'null is as good as nothing',
    podWith({ terminationGracePeriodSeconds: null }),
    { spec: { terminationGracePeriodSeconds: 30 } }
  ],
  [
    'images that are pulled each time',
    podWith({ containers: ['a', 'a:latest', 'a:1', 'a@sha256:00', 'r:5000/a'].map((image) => ({ image })) }),
    {
      spec: {
        containers: ['Always', 'Always', 'IfNotPresent', 'IfNotPresent', 'Always'].map((imagePullPolicy) => ({
          imagePullPolicy
        }))
      }
    }
  ],
  [
    'what is deep in a container',
    podWith({
      initContainers: [{}],
      containers: [
        {
          ports: [{ containerPort: 1 }, null],
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'B', value: 'b' },
            null
          ],
          livenessProbe: { httpGet: { port: 1 } },
          readinessProbe: { exec: {}, periodSeconds: 3 }
        },
        null
      ],
      volumes: [
        { configMap: { name: 'a' } },
        { secret: { defaultMode: 1 } },
        { hostPath: { path: '/' } },
        { emptyDir: {} },
        'x'
      ]
    }),
    {
      spec: {
        initContainers: [{ ...CONTAINER, imagePullPolicy: 'Always' }],
        containers: [
          {
            ports: [{ containerPort: 1, protocol: 'TCP' }, null],
            env: [
              { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } },
              { name: 'B', value: 'b' },
              null
            ],
            livenessProbe: {
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
              httpGet: { path: '/', port: 1, scheme: 'HTTP' }
            },
            readinessProbe: { exec: {}, timeoutSeconds: 1, periodSeconds: 3, successThreshold: 1, failureThreshold: 3 }
          },
          null
        ],
        volumes: [
          { configMap: { name: 'a', defaultMode: 420 } },
          { secret: { defaultMode: 1 } },
          { hostPath: { path: '/', type: '' } },
          { emptyDir: {} },
          'x'
        ]
      }
    }
  ],
  [
    'a StatefulSet',
    { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { volumeClaimTemplates: [{ spec: {} }, null] } },
    {
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        revisionHistoryLimit: 10,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        volumeClaimTemplates: [{ spec: { volumeMode: 'Filesystem' } }, null]
      }
    }
  ],
  [
    'a StatefulSet that is updated by hand',
    { apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } },
    { spec: { updateStrategy: { type: 'OnDelete' } } }
  ],
  [
    'what is empty is not stored',
    podWith({
      hostNetwork: false,
      priorityClassName: '',
      restartPolicy: '',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'a',
          image: 'a:1',
          tty: false,
          volumeMounts: [{ name: 'x', mountPath: '/', subPath: '', readOnly: false }]
        }
      ],
      volumes: [{ name: 'x' }, { name: 'y', emptyDir: null }, { name: 'z', hostPath: { path: '/', type: null } }]
    }),
    {
      spec: {
        hostNetwork: undefined,
        priorityClassName: undefined,
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        containers: [
          { tty: undefined, volumeMounts: [{ name: 'x', mountPath: '/', subPath: undefined, readOnly: undefined }] }
        ],
        volumes: [
          { name: 'x', emptyDir: {} },
          { name: 'y', emptyDir: {} },
          { name: 'z', hostPath: { path: '/', type: '' } }
        ]
      }
    }
  ],
  [
    'null in a map of texts is an empty text, and among quantities none',
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { labels: { a: null } },
      spec: {
        podManagementPolicy: '',
        updateStrategy: { type: '' },
        volumeClaimTemplates: [
          { metadata: { labels: { a: null }, namespace: '', creationTimestamp: null }, spec: { volumeName: '' } }
        ],
        template: {
          metadata: { annotations: { b: null } },
          spec: { containers: [{ resources: { requests: { cpu: null } } }] }
        }
      }
    },
    {
      metadata: { labels: { a: '' } },
      spec: {
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate' },
        volumeClaimTemplates: [
          { metadata: { labels: { a: '' }, namespace: undefined }, spec: { volumeName: undefined } }
        ],
        template: {
          metadata: { annotations: { b: '' } },
          spec: { containers: [{ resources: { requests: { cpu: '0' } } }] }
        }
      }
    }
  ],
  [
    'what a claim template has no room for is not stored',
    withTemplate({
      metadata: { labels: { a: 'b' }, unknown: 'c' },
      spec: { unknown: 'c', dataSource: { name: 'a', namespace: 'b' } },
      status: { unknown: 'c' }
    }),
    withTemplate({
      metadata: { labels: { a: 'b' }, unknown: undefined },
      spec: { unknown: undefined, dataSource: { name: 'a', namespace: undefined } },
      status: { unknown: undefined }
    })
  ],
  [
    'what is empty and stored all the same',
    withTemplate({ spec: { dataSourceRef: { namespace: '' }, storageClassName: '', volumeAttributesClassName: '' } }),
    withTemplate({
      spec: {
        dataSourceRef: { kind: '', name: '', namespace: '' },
        storageClassName: '',
        volumeAttributesClassName: ''
      }
    })
  ],
  [
    'times of a claim template are those of Greenwich',
    withTemplate({ metadata: { creationTimestamp: '2024-01-01T01:00:00+01:00', deletionTimestamp: 'soon' } }),
    withTemplate({ metadata: { creationTimestamp: '2024-01-01T00:00:00Z', deletionTimestamp: 'soon' } })
  ],
  [
    'what is empty deep in a claim template',
    withTemplate({
      spec: { selector: { matchLabels: { a: null } } },
      status: { modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: '' } }
    }),
    withTemplate({
      spec: { selector: { matchLabels: { a: '' } } },
      status: { modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: undefined } }
    })
  ],
  ['a kind of which nothing is compared', { kind: 'ConfigMap', data: {} }, { kind: 'ConfigMap', data: {} }]
]

t.test('what the API server fills in', async (t) => {
  for (const [name, object, defaulted] of cases) t.match(withDefaults(deepFreeze(object)), defaulted, name)
})

t.test('what has been filled in stays as it is', async (t) => {
  for (const [name, object] of cases) t.strictSame(withDefaults(withDefaults(object)), withDefaults(object), name)
  const stored = chartStatefulSet('2.17.0')
  t.match(withDefaults(stored), stored)
})

t.test('an object that is no object', async (t) => {
  for (const kind of ['Pod', 'StatefulSet', 'Deployment']) {
    for (const spec of [undefined, null, 1, [], { template: 1, containers: {}, volumes: null }]) {
      t.doesNotThrow(() => withDefaults({ kind, spec }))
    }
  }
})
