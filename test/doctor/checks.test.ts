// Each check over what was read: what it finds, and what it says where all is well.
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { diagnose } from '../../src/doctor/diagnose.ts'
import type { Configurations, Evidence } from '../../src/doctor/evidence.ts'
import type { InstalledMode } from '../../src/doctor/shipped-entries.ts'
import { VERSION } from '../../src/version.ts'
import {
  apiServerMetrics,
  base64,
  configurationsOf,
  counters,
  DEPLOYMENT,
  dryRun,
  evidence,
  ISSUED,
  installed,
  NOW,
  namespaceOf,
  OWN,
  POD_ENTRY,
  replica,
  SERVICE,
  SLICE,
  UNTOUCHED
} from '../fixtures/installation.ts'

const DAY = 86_400_000
const UNKNOWN = { unknown: 'User "a" cannot list it' }
const OTHER = await issueCertificates(['elsewhere'], 90, new Date(NOW))
const OLD = await issueCertificates([`holdfast.${OWN}.svc`], 1, new Date(NOW - 2 * DAY))
const MONTH = await issueCertificates([`holdfast.${OWN}.svc`], 29, new Date(NOW))
const SHORT = await issueCertificates([`holdfast.${OWN}.svc`], 3, new Date(NOW))

type Entry = JsonObject & { readonly name: string; readonly clientConfig: JsonObject }

/** The installation with entries that are not as they were; undefined takes one away. */
function withEntries(
  change: (entry: Entry) => object | undefined,
  mode: InstalledMode = 'cluster-wide',
  annotations: readonly JsonObject[] = []
): Evidence['configurations'] {
  const changed = configurationsOf(mode).map((configuration) => ({
    ...configuration,
    webhooks: (configuration.webhooks as readonly Entry[]).flatMap((entry) => change(entry) ?? [])
  }))
  return { value: installed(changed, annotations) }
}

function withPods(parts: object): Evidence['configurations'] {
  return withEntries((entry) => (entry.name === POD_ENTRY ? { ...entry, ...parts } : entry))
}

function withBundle(bundle: string, annotations: readonly JsonObject[] = []): Evidence['configurations'] {
  return withEntries(
    (entry) => ({ ...entry, clientConfig: { ...entry.clientConfig, caBundle: bundle } }),
    'cluster-wide',
    annotations
  )
}

const NO_ANSWER = { dryRuns: [dryRun({ answers: UNTOUCHED, after: counters() })] }
const SILENT = { replicas: UNKNOWN, apiServer: UNKNOWN }
const INJECTED = [{ 'cert-manager.io/inject-ca-from': `${OWN}/holdfast-tls` }]
const NOBODY = { value: { ...installed([]), mutating: undefined, validating: undefined } as Configurations }
const expression = (key: string, operator: string, ...values: string[]) => ({ key, operator, values })
const NAMES = expression('kubernetes.io/metadata.name', 'NotIn', OWN, 'kube-node-lease', 'kube-system')
const NOT_LOWERED = expression('holdfast.dev/mode', 'NotIn', 'off', 'warn', 'audit')

/** What is found where something is not as in the healthy installation: `check CODE`. */
const CASES: readonly (readonly [
  title: string,
  parts: Partial<Evidence>,
  found: readonly string[],
  mode?: InstalledMode
])[] = [
  ['nothing', {}, []],
  ['opt-in', {}, [], 'opt-in'],
  ['audit, where only counters tell', { dryRuns: [dryRun({ answers: UNTOUCHED })] }, [], 'audit'],

  [
    'nothing is installed',
    { configurations: NOBODY, deployments: { value: [] }, dryRuns: [] },
    ['installed NOT_INSTALLED', 'reachable NOT_CALLED']
  ],
  [
    'one configuration',
    { configurations: { value: { ...installed(configurationsOf('cluster-wide')), validating: undefined } } },
    ['installed CONFIGURATION_MISSING']
  ],
  ['no Service', { service: { value: undefined } }, ['installed SERVICE_MISSING']],
  [
    'another port',
    { service: { value: { ...SERVICE, spec: { ...(SERVICE.spec as object), ports: [{ port: 8443 }] } } } },
    ['installed SERVICE_PORT_MISSING']
  ],
  ['no Deployment', { deployments: { value: [] } }, ['installed DEPLOYMENT_MISSING']],
  [
    'one of two ready',
    { deployments: { value: [{ ...DEPLOYMENT, status: { readyReplicas: 1 } }] } },
    ['installed REPLICAS_NOT_READY']
  ],
  ['none ready', { deployments: { value: [{ ...DEPLOYMENT, status: {} }] } }, ['installed NO_REPLICA_READY']],
  [
    'scaled to none',
    { deployments: { value: [{ ...DEPLOYMENT, spec: { ...(DEPLOYMENT.spec as object), replicas: 0 } }] } },
    ['installed NO_REPLICA_READY']
  ],
  [
    'endpoints that are not ready',
    { endpointSlices: { value: [{ ...SLICE, endpoints: [{ conditions: { ready: false } }] }] } },
    ['installed NO_ENDPOINTS']
  ],
  ['endpoints that say nothing are ready', { endpointSlices: { value: [{ ...SLICE, endpoints: [{}] }] } }, []],
  ['no budget', { budgets: { value: [] } }, ['installed DISRUPTION_BUDGET_MISSING']],

  ['nobody answers, and no replica counts', NO_ANSWER, ['reachable NOT_CALLED']],
  [
    'nobody answers, and no counter can be read',
    { dryRuns: [dryRun({ answers: UNTOUCHED, before: SILENT, after: SILENT })] },
    ['reachable NOT_CALLED']
  ],
  [
    'the same, and what the mode is cannot be read',
    { dryRuns: [dryRun({ answers: UNTOUCHED, before: SILENT, after: SILENT })], modeIn: () => UNKNOWN },
    ['reachable NOT_PROVEN']
  ],
  [
    'audit without counters',
    { dryRuns: [dryRun({ answers: UNTOUCHED, before: SILENT, after: SILENT })] },
    ['reachable NOT_PROVEN'],
    'audit'
  ],
  ['audit, and no replica counts', NO_ANSWER, ['reachable NOT_CALLED'], 'audit'],
  [
    'audit, by the counter of the API server',
    {
      dryRuns: [
        dryRun({
          answers: UNTOUCHED,
          before: { replicas: UNKNOWN, apiServer: { value: apiServerMetrics(POD_ENTRY, 4) } },
          after: { replicas: UNKNOWN, apiServer: { value: apiServerMetrics(POD_ENTRY, 7) } }
        })
      ]
    },
    [],
    'audit'
  ],
  [
    'audit, and another API server may have counted',
    {
      dryRuns: [
        dryRun({
          answers: UNTOUCHED,
          before: { replicas: UNKNOWN, apiServer: { value: '' } },
          after: { replicas: UNKNOWN, apiServer: { value: '' } }
        })
      ]
    },
    ['reachable NOT_PROVEN'],
    'audit'
  ],
  ...(
    [
      ['another API server has counted fewer', 64, 4, 1.8e9],
      ['another API server has counted more', 4, 64, 1.8e9],
      ['another API server has counted two more', 4, 6, 1.8e9],
      ['one API server has counted two of three, and others may have counted the third', 4, 6, 1.7e9]
    ] as const
  ).map(
    ([title, was, is, started]) =>
      [
        `audit, and ${title}`,
        {
          dryRuns: [
            dryRun({
              answers: UNTOUCHED,
              before: { replicas: UNKNOWN, apiServer: { value: apiServerMetrics(POD_ENTRY, was) } },
              after: { replicas: UNKNOWN, apiServer: { value: apiServerMetrics(POD_ENTRY, is, 0, started) } }
            })
          ]
        },
        ['reachable NOT_PROVEN'],
        'audit'
      ] as const
  ),
  [
    'the API server says that it failed open',
    {
      dryRuns: [
        dryRun({
          answers: UNTOUCHED,
          before: counters({}, apiServerMetrics(POD_ENTRY, 0, 1)),
          after: counters({ reviews: 3 }, apiServerMetrics(POD_ENTRY, 0, 4))
        })
      ],
      counters: {
        before: counters({}, apiServerMetrics(POD_ENTRY, 0, 1)),
        after: counters({}, apiServerMetrics(POD_ENTRY, 0, 4))
      }
    },
    ['reachable NOT_CALLED', 'fail-open FAIL_OPEN_NOW'],
    'audit'
  ],
  [
    'another API server has counted more failed calls',
    {
      counters: {
        before: counters({}, apiServerMetrics(POD_ENTRY, 0, 1)),
        after: counters({}, apiServerMetrics(POD_ENTRY, 0, 4, 1.8e9))
      },
      dryRuns: [
        dryRun({
          answers: UNTOUCHED,
          before: counters({}, apiServerMetrics(POD_ENTRY, 0, 1)),
          after: counters({ reviews: 3 }, apiServerMetrics(POD_ENTRY, 0, 4, 1.8e9))
        })
      ]
    },
    ['fail-open FAIL_OPEN_BEFORE'],
    'audit'
  ],
  [
    'an API server that does not say when it started',
    {
      counters: {
        before: counters({}, apiServerMetrics(POD_ENTRY, 0, 1).replace(/^process.*/, '')),
        after: counters({}, apiServerMetrics(POD_ENTRY, 0, 4).replace(/^process.*/, ''))
      }
    },
    ['fail-open FAIL_OPEN_BEFORE']
  ],
  [
    'two of three arrive',
    { dryRuns: [dryRun({ answers: UNTOUCHED, after: counters({ reviews: 2 }) })] },
    ['reachable SOME_NOT_CALLED'],
    'audit'
  ],
  [
    'two of three are answered',
    { dryRuns: [dryRun({ answers: [...dryRun().answers.slice(0, 2), ...UNTOUCHED.slice(0, 1)] })] },
    ['reachable SOME_NOT_CALLED']
  ],
  ['called, and nothing said', { dryRuns: [dryRun({ answers: UNTOUCHED })] }, ['reachable NOT_APPLIED']],
  [
    'a warning is an answer',
    {
      dryRuns: [
        dryRun({
          answers: UNTOUCHED.map((it) => ({ ...it, warnings: ['Holdfast a: would patch'] }) as (typeof UNTOUCHED)[0])
        })
      ]
    },
    []
  ],
  [
    "a warning of somebody else's is none",
    {
      dryRuns: [
        dryRun({
          answers: UNTOUCHED.map((it) => ({ ...it, warnings: ['a: b'] }) as (typeof UNTOUCHED)[0]),
          after: counters()
        })
      ]
    },
    ['reachable NOT_CALLED']
  ],
  [
    'a quota',
    {
      dryRuns: [
        dryRun({ answers: [{ kind: 'refused', status: 403, message: 'exceeded quota', ms: 1 }], after: counters() })
      ]
    },
    ['reachable DRY_RUN_REFUSED']
  ],
  [
    'failurePolicy Fail, and nobody there',
    {
      dryRuns: [
        dryRun({
          answers: [{ kind: 'refused', status: 500, message: `failed calling webhook "${POD_ENTRY}": refused`, ms: 1 }],
          after: counters()
        })
      ]
    },
    ['reachable NOT_CALLED']
  ],
  ['no namespace is selected', { dryRuns: [] }, ['reachable NOTHING_SELECTED'], 'opt-in'],
  [
    'no namespace is known',
    { dryRuns: [], namespaces: UNKNOWN },
    ['reachable NOT_PROVEN', 'namespaces NOT_READ'],
    'opt-in'
  ],

  [
    'no caBundle',
    { ...NO_ANSWER, configurations: withBundle('') },
    ['reachable NOT_CALLED', 'ca-bundle CA_BUNDLE_EMPTY']
  ],
  [
    'no caBundle yet',
    {
      ...NO_ANSWER,
      configurations: withBundle('', INJECTED),
      certManager: { value: { certificates: [], issuers: [] } }
    },
    ['reachable NOT_CALLED', 'ca-bundle CA_NOT_INJECTED']
  ],
  [
    'nonsense in caBundle',
    { ...NO_ANSWER, configurations: withBundle(base64('a')) },
    ['reachable NOT_CALLED', 'ca-bundle CA_BUNDLE_INVALID']
  ],
  [
    'another CA',
    { ...NO_ANSWER, configurations: withBundle(base64(OTHER.ca)) },
    ['reachable NOT_CALLED', 'ca-bundle CA_BUNDLE_WRONG']
  ],
  [
    'two CAs, one of which is right',
    { ...NO_ANSWER, configurations: withBundle(base64(OTHER.ca + ISSUED.ca)) },
    ['reachable NOT_CALLED']
  ],
  [
    'the certificate itself in the place of its CA',
    { ...NO_ANSWER, configurations: withBundle(base64(ISSUED.certificate)) },
    ['reachable NOT_CALLED']
  ],
  ['an answer proves the bundle, whatever the Secret has', { configurations: withBundle(base64(OTHER.ca)) }, []],
  [
    'one entry with another CA',
    {
      configurations: withEntries((entry) =>
        entry.name.startsWith('operator')
          ? { ...entry, clientConfig: { ...entry.clientConfig, caBundle: base64(OTHER.ca) } }
          : entry
      )
    },
    ['ca-bundle CA_BUNDLE_WRONG', 'ca-bundle CA_BUNDLES_DIFFER']
  ],
  [
    'a certificate for another name',
    {
      served: { value: { source: 'the Secret', pem: OTHER.certificate } },
      configurations: withBundle(base64(OTHER.ca))
    },
    ['ca-bundle CERTIFICATE_NAME_WRONG']
  ],
  ['no Secret, and an answer', { served: UNKNOWN }, []],
  ['no Secret and no answer', { ...NO_ANSWER, served: UNKNOWN }, ['reachable NOT_CALLED', 'ca-bundle NOT_READ']],

  [
    'an entry has gone',
    { configurations: withEntries((it) => (it.name.startsWith('warn.pods') ? undefined : it)) },
    ['entries ENTRY_MISSING']
  ],
  [
    'an entry of before',
    { configurations: withEntries((it) => (it.name === POD_ENTRY ? [it, { ...it, name: `old.${POD_ENTRY}` }] : [it])) },
    ['entries ENTRY_UNKNOWN']
  ],
  ['rules', { configurations: withPods({ rules: [] }), dryRuns: [dryRun()] }, ['entries RULES_CHANGED']],
  [
    'a condition is missing',
    { configurations: withPods({ matchConditions: [] }) },
    ['entries CONDITIONS_CHANGED', 'entries CONDITIONS_CHANGED']
  ],
  [
    'a condition more',
    {
      configurations: withEntries((it) =>
        it.name === POD_ENTRY
          ? { ...it, matchConditions: [...(it.matchConditions as []), { name: 'mine', expression: 'false' }] }
          : it
      )
    },
    ['entries CONDITIONS_CHANGED']
  ],
  [
    'a condition in other lines',
    {
      configurations: withEntries((it) => ({
        ...it,
        matchConditions: (it.matchConditions as { name: string; expression: string }[]).map(
          ({ name, expression: text }) => ({
            name,
            expression: `${text.replaceAll(' && ', '\n  && ')}\n`
          })
        )
      }))
    },
    []
  ],
  [
    'more namespaces are left out by name, and values stand in another order',
    {
      configurations: withPods({
        namespaceSelector: { matchExpressions: [NOT_LOWERED, { ...NAMES, values: [...NAMES.values, 'lab'].reverse() }] }
      })
    },
    []
  ],
  [
    "Azure's additions",
    {
      configurations: withPods({
        namespaceSelector: {
          matchExpressions: [NAMES, NOT_LOWERED, { key: 'control-plane', operator: 'DoesNotExist' }]
        }
      })
    },
    []
  ],
  [
    'a label is asked for',
    {
      configurations: withPods({
        namespaceSelector: { matchLabels: { team: 'a' }, matchExpressions: [NAMES, NOT_LOWERED] }
      })
    },
    ['entries SELECTOR_CHANGED']
  ],
  [
    'its own namespace is not left out',
    { configurations: withPods({ namespaceSelector: { matchExpressions: [NOT_LOWERED] } }) },
    ['entries SELECTOR_CHANGED']
  ],
  [
    'another path',
    {
      configurations: withPods({
        clientConfig: {
          service: { name: 'holdfast', namespace: OWN, path: '/mutate/warn' },
          caBundle: base64(ISSUED.ca)
        }
      })
    },
    ['entries PATH_CHANGED']
  ],
  ...[
    { name: 'other', namespace: OWN },
    { name: 'holdfast', namespace: 'other' }
  ].map(
    (service) =>
      [
        `the Service ${service.namespace}/${service.name}`,
        {
          configurations: withPods({
            clientConfig: { service: { ...service, path: '/mutate', port: 443 }, caBundle: base64(ISSUED.ca) }
          })
        },
        ['ca-bundle CERTIFICATE_NAME_WRONG', 'entries ENDPOINT_CHANGED']
      ] as const
  ),
  [
    'a URL',
    { configurations: withPods({ clientConfig: { url: 'https://a/mutate', caBundle: base64(ISSUED.ca) } }) },
    ['entries ENDPOINT_CHANGED']
  ],
  ['Fail', { configurations: withPods({ failurePolicy: 'Fail' }) }, ['entries FAILURE_POLICY_FAIL']],
  [
    '30 s, and called once',
    { configurations: withPods({ timeoutSeconds: 30, reinvocationPolicy: 'Never' }) },
    ['entries ENTRY_CHANGED', 'entries ENTRY_CHANGED']
  ],

  [
    'it has expired',
    {
      served: { value: { source: 'the Secret', pem: OLD.certificate } },
      configurations: withBundle(base64(OLD.ca)),
      counters: { before: counters(), after: counters({ notAfter: NOW - DAY }) }
    },
    ['certificates CERTIFICATE_EXPIRED', 'certificates CA_EXPIRED']
  ],
  [
    'it has expired, as a replica says',
    { served: UNKNOWN, counters: { before: counters(), after: counters({ notAfter: NOW - DAY }) } },
    ['certificates CERTIFICATE_EXPIRED']
  ],
  [
    'it will soon, with its CA',
    {
      served: { value: { source: 'the Secret', pem: SHORT.certificate } },
      configurations: withBundle(base64(SHORT.ca)),
      counters: { before: counters(), after: counters({ notAfter: NOW + 3 * DAY }) }
    },
    ['certificates CERTIFICATE_EXPIRES']
  ],
  [
    'the CA ends with the certificate that a replica serves, and the Secret may not be read',
    {
      served: UNKNOWN,
      configurations: withBundle(base64(MONTH.ca)),
      counters: {
        before: counters(),
        after: counters({ notAfter: Date.parse(new X509Certificate(MONTH.certificate).validTo) })
      }
    },
    []
  ],
  [
    'the CA will soon, and the certificate later',
    { configurations: withBundle(base64(SHORT.ca)) },
    ['certificates CA_EXPIRES']
  ],
  [
    'another one is served',
    { counters: { before: counters(), after: counters({ notAfter: NOW + 20 * DAY }) } },
    ['certificates CERTIFICATE_NOT_LOADED']
  ],
  [
    'the end is not known',
    { served: UNKNOWN, counters: { before: SILENT, after: SILENT } },
    ['certificates NOT_READ', 'fail-open NOT_READ']
  ],
  [
    'no cert-manager',
    { configurations: withBundle(base64(ISSUED.ca), INJECTED) },
    ['certificates CERT_MANAGER_MISSING']
  ],
  [
    'cert-manager is not ready',
    {
      configurations: withBundle(base64(ISSUED.ca), INJECTED),
      certManager: {
        value: {
          certificates: [
            {
              metadata: { name: 'holdfast-tls' },
              spec: { secretName: 'a' },
              status: { conditions: [{ type: 'Ready', status: 'False', message: 'b' }] }
            }
          ],
          issuers: [
            {
              metadata: { name: 'holdfast-ca' },
              spec: { ca: {} },
              status: { conditions: [{ type: 'Ready', status: 'True' }] }
            }
          ]
        }
      }
    },
    ['certificates CERT_MANAGER_NOT_READY']
  ],

  [
    'two versions, by image',
    { pods: { value: [replica('holdfast-a'), replica('holdfast-b', 'a/holdfast:v0.0.9')] } },
    ['versions REPLICAS_DIFFER', 'versions VERSION_DIFFERS']
  ],
  ['a digest', { pods: { value: [replica('holdfast-b', 'a/holdfast@sha256:0')] } }, ['versions NOT_READ']],
  [
    'a container that another program has put before it',
    {
      pods: {
        value: [
          {
            ...replica('holdfast-b'),
            spec: {
              containers: [
                { name: 'mesh', image: 'a/proxy:1.2.3' },
                { name: 'holdfast', image: `a/holdfast:${VERSION}` }
              ]
            }
          }
        ]
      }
    },
    []
  ],
  [
    'the container that has the port, by another name',
    {
      pods: {
        value: [
          {
            ...replica('holdfast-b'),
            spec: {
              containers: [
                { name: 'mesh', image: `a/proxy:${VERSION}` },
                { name: 'a', image: 'a/holdfast:0.0.9', ports: [{ name: 'health', containerPort: 8080 }] }
              ]
            }
          }
        ]
      }
    },
    ['versions VERSION_DIFFERS']
  ],
  [
    'no container that is known',
    {
      pods: {
        value: [{ ...replica('holdfast-b'), spec: { containers: [{ name: 'mesh', image: `a/proxy:${VERSION}` }] } }]
      }
    },
    ['versions NOT_READ']
  ],
  ['a newer version', { version: '9.9.9' }, ['versions VERSION_DIFFERS']],

  [
    'a typing error',
    { namespaces: { value: [namespaceOf('lab', { 'holdfast.dev/mode': 'Enforce' })] } },
    ['namespaces LABEL_VALUE_UNKNOWN']
  ],
  ...['holdfast.io/mode', 'holdfast.dev/Mode', 'holdfast.dev/mod', 'holdfsat.dev/mode', 'holdfast/mode'].map(
    (key) =>
      [
        key,
        { namespaces: { value: [namespaceOf('lab', { [key]: 'warn' })] } },
        ['namespaces LABEL_KEY_UNKNOWN']
      ] as const
  ),
  ...['team', 'app.kubernetes.io/name', 'holdfast.dev/owner', 'mode'].map(
    (key) => [key, { namespaces: { value: [namespaceOf('lab', { [key]: 'warn' })] } }, []] as const
  ),
  [
    'a label that means nothing',
    { namespaces: { value: [namespaceOf('kube-system', { 'holdfast.dev/mode': 'warn' })] } },
    ['namespaces LABEL_WITHOUT_EFFECT']
  ],
  [
    'many that mean nothing',
    {
      dryRuns: [dryRun({ answers: UNTOUCHED })],
      namespaces: { value: ['a', 'b', 'c'].map((name) => namespaceOf(name, { 'holdfast.dev/mode': 'warn' })) }
    },
    ['namespaces LABEL_WITHOUT_EFFECT'],
    'audit'
  ],
  ['off', { namespaces: { value: [namespaceOf('lab', { 'holdfast.dev/mode': 'off' })] } }, []],

  [
    'it failed open before',
    {
      counters: {
        before: counters({}, apiServerMetrics(POD_ENTRY, 0, 2)),
        after: counters({}, apiServerMetrics(POD_ENTRY, 3, 2))
      }
    },
    ['fail-open FAIL_OPEN_BEFORE']
  ],
  [
    'another configuration',
    {
      configurations: {
        value: {
          ...installed(configurationsOf('cluster-wide')),
          others: { value: [{ kind: 'MutatingWebhookConfiguration', name: 'old', isSameService: true }] }
        }
      }
    },
    ['other-installations OTHER_INSTALLATION']
  ],
  [
    'nothing may be read',
    {
      configurations: UNKNOWN,
      service: UNKNOWN,
      deployments: UNKNOWN,
      pods: UNKNOWN,
      endpointSlices: UNKNOWN,
      budgets: UNKNOWN,
      namespaces: UNKNOWN,
      served: UNKNOWN,
      certManager: UNKNOWN,
      modeIn: () => UNKNOWN,
      dryRuns: [],
      counters: { before: SILENT, after: SILENT }
    },
    [
      ...Array(5).fill('installed NOT_READ'),
      'reachable NOT_READ',
      'ca-bundle NOT_READ',
      'entries NOT_READ',
      'certificates NOT_READ',
      'versions NOT_READ',
      'namespaces NOT_READ',
      'fail-open NOT_READ',
      'other-installations NOT_READ'
    ]
  ]
]

t.test('what each check finds', async (t) => {
  for (const [title, parts, found, mode] of CASES) {
    const checks = diagnose(evidence(parts, mode))
    const said = checks.flatMap(({ id, findings }) => findings.map(({ code }) => `${id} ${code}`))
    t.strictSame(said, found, `${mode ?? 'cluster-wide'}: ${title}`)
    for (const { code, message, fix } of checks.flatMap(({ findings }) => findings)) {
      t.notMatch(message, /\.$|undefined|NaN|\[object/, `${title}: ${code}`)
      t.notMatch(fix, /(?<![\w./-])(?:docs|manifests)\//, `${title}: ${code} names an address, not a path`)
      if (code !== 'FAIL_OPEN_BEFORE') t.match(fix, /^\w.*[^.]$/, `${title}: ${code} has a fix`)
    }
  }
})

t.test('what it says of failed calls, where another API server answers behind', async (t) => {
  for (const [failed, says] of [
    [4, /4 requests through unevaluated since it started; .* not known.*another API server/],
    [0, /not known.*another API server/]
  ] as const) {
    const before = counters({}, apiServerMetrics(POD_ENTRY, 0, 9))
    const after = counters({}, apiServerMetrics(POD_ENTRY, 0, failed, 1.8e9))
    const check = diagnose(evidence({ counters: { before, after } })).find(({ id }) => id === 'fail-open')
    t.match(check?.findings[0]?.message ?? check?.summary, says, String(failed))
  }
})

t.test('why nobody answers', async (t) => {
  const slow = UNTOUCHED.slice(0, 1).map((it) => ({ ...it, ms: 5001 }))
  const table: readonly (readonly [string, Partial<Evidence>, RegExp])[] = [
    ['no endpoint', { endpointSlices: { value: [] } }, /The Service has no ready endpoint/],
    ['another CA', { configurations: withBundle(base64(OTHER.ca)) }, /does not verify the certificate/],
    [
      'handshakes',
      { served: UNKNOWN, dryRuns: [dryRun({ answers: UNTOUCHED, after: counters({ rejections: 3 }) })] },
      /The reason is TLS/
    ],
    ['the proxy arrives', {}, /the network is not the reason/],
    [
      'the proxy does not',
      { proxied: { unknown: 'dial tcp: refused.' } },
      /at once.*through the proxy of the API server: dial tcp: refused\b/
    ],
    [
      'packets are dropped',
      { proxied: undefined, dryRuns: [dryRun({ answers: slow, after: counters() })] },
      /took as long as timeoutSeconds/
    ],
    ['nothing more is known', { proxied: undefined }, /failed at once/]
  ]
  for (const [title, parts, says] of table) {
    const checks = diagnose(evidence({ ...NO_ANSWER, ...parts }))
    const [finding] = checks.find(({ id }) => id === 'reachable')?.findings ?? []
    t.equal(finding?.code, 'NOT_CALLED', title)
    t.match(finding?.message, says, title)
  }
})
