// `holdfast doctor` in front of a real API server that calls a Service: all is well, then each fault made for real, its
// fix followed as it is printed or documented, and all is well again.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { IPod } from 'kubernetes-models/v1/Pod'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { helms, testHooks } from '../manifests/helm-template.ts'
import { only, root, skip } from '../manifests/render.ts'
import { type Diagnosed, type Doctor, doctorOf } from './harness/doctor-command.ts'
import { documentedCommands, type Shell, shellOf } from './harness/documented.ts'
import { endpointsAt, NAMESPACE, type Standing, setReady, standingInstallation } from './harness/standing.ts'
import { CONFIGURATIONS, endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'
import { waitUntilInForce } from './harness/webhook.ts'

/** The API server dials an endpoint of a Service, and takes no loopback address for one. */
const address = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const reason = skip || (address === undefined ? 'this machine has no address but its loopback' : false)

interface Place {
  readonly stage: Stage
  readonly shell: Shell
  readonly doctor: Doctor
  readonly standing: Standing
  /** An unlabelled namespace. */
  readonly lab: string
}

const OPTIONS = {
  controllers: true,
  wholeCluster: true,
  outages: true,
  apiServerArgs: ['--enable-aggregator-routing=true']
}

endToEnd('doctor', OPTIONS, async (t, stage) => {
  if (reason) return void t.comment(reason)
  const shell = await shellOf(stage)
  const doctor = await doctorOf(stage)
  const standing = await standingInstallation(stage, address as string)
  const place: Place = { stage, shell, doctor, standing, lab: await stage.namespace() }
  try {
    await t.test('before the installation', (t) => notInstalled(t, place))
    await t.test('all is well, in each overlay', (t) => healthy(t, place))
    for (const fault of FAULTS) await t.test(fault.title, (t) => found(t, place, fault))
    await t.test('a certificate that expires', (t) => expired(t, place))
    await t.test('rights', (t) => rights(t, place))
    await t.test('nothing was written', (t) => nothingWritten(t, place))
  } finally {
    shell.dispose()
    doctor.dispose()
    await standing.holdfast.dispose()
  }
})

async function notInstalled(t: Test, { doctor }: Place): Promise<void> {
  const { code, codes } = await doctor.diagnose()
  t.equal(code, 1)
  t.ok(codes.includes('NOT_INSTALLED'), String(codes))
}

async function healthy(t: Test, { doctor, standing, stage }: Place): Promise<void> {
  await standing.install('opt-in')
  const bare = await doctor.diagnose()
  t.strictSame([bare.code, bare.codes], [1, ['NOTHING_SELECTED']], 'nobody has a label: nothing is enforced')
  t.equal((await doctor.run(['--fail-on=error'])).code, 0, 'which is no error')

  for (const mode of ['enforce', 'warn', 'audit']) await stage.namespace(mode)
  for (const overlay of ['opt-in', 'cluster-wide'] as const) {
    await standing.install(overlay)
    const { code, stdout } = await doctor.run()
    t.equal(code, 0, `${overlay}\n${stdout}`)
    t.match(stdout, /All is well\.\n$/, overlay)
  }
  await standing.install('audit')
  const audit = await doctor.diagnose()
  t.strictSame(
    [audit.code, audit.codes],
    [1, ['LABEL_WITHOUT_EFFECT', 'LABEL_WITHOUT_EFFECT']],
    'enforce and warn mean nothing there'
  )
  t.equal(audit.diagnosis.mode, 'audit')
  await stage.kubectl(['label', 'namespaces', '--all', 'holdfast.dev/mode-'])
  const { code, stdout } = await doctor.run()
  t.equal(code, 0, `audit\n${stdout}`)
  t.match(
    stdout,
    /reachable +.*default \(audit, counted 3 of 3\)/,
    'an answer that changes nothing is proven by counters'
  )
}

interface Fault {
  readonly title: string
  readonly overlay?: 'audit' | 'opt-in'
  make(place: Place): Promise<unknown>
  /** All that is found, and nothing else. */
  readonly codes: readonly string[]
  /** In what is said. */
  readonly says: RegExp
  /** Follows what is printed or documented. */
  fix(place: Place, told: Diagnosed): Promise<unknown>
}

const PODS_ENTRY = 'pods.mutate.holdfast.dev'

const FAULTS: readonly Fault[] = [
  {
    title: 'the server is stopped',
    make: ({ standing }) => standing.holdfast.stop(),
    codes: ['NOT_CALLED', 'FAIL_OPEN_NOW'],
    says: /gets no answer .* counted so itself\. The call failed at once.*(connection refused|no endpoints available)/,
    fix: ({ standing }) => standing.holdfast.start()
  },
  {
    title: 'the server is stopped, in mode audit',
    overlay: 'audit',
    make: ({ standing }) => standing.holdfast.stop(),
    codes: ['NOT_CALLED', 'FAIL_OPEN_NOW'],
    says: /gets no answer .* counted so itself/,
    fix: ({ standing }) => standing.holdfast.start()
  },
  {
    title: 'the server does not answer',
    make: async ({ standing }) => standing.holdfast.pause(),
    codes: ['NOT_CALLED', 'FAIL_OPEN_NOW'],
    says: /took as long as timeoutSeconds.*private-clusters\.md/s,
    fix: async ({ standing }) => standing.holdfast.resume()
  },
  {
    title: 'no endpoint is ready',
    make: ({ stage, standing }) =>
      stage.run(['apply', '-f', '-'], endpointsAt(standing.address, standing.holdfast.port, false)),
    // The connections that are open stay so, and calls go on through them.
    codes: ['NO_ENDPOINTS'],
    says: /has no ready endpoint/,
    fix: ({ stage, standing }) => stage.run(['apply', '-f', '-'], endpointsAt(standing.address, standing.holdfast.port))
  },
  {
    title: 'caBundle has another CA',
    make: async ({ stage }) => {
      const { ca } = await issueCertificates(['a'], 90, new Date())
      await changeEntries(stage, () => ({ clientConfig: { caBundle: Buffer.from(ca).toString('base64') } }))
    },
    codes: ['NOT_CALLED', 'CA_BUNDLE_WRONG', 'FAIL_OPEN_NOW'],
    says: /caBundle of 12 entries does not verify the certificate in the Secret holdfast-tls/,
    fix: ({ shell }) => shell.run(documentedCommands('docs/certificates.md', 'Replace the CA')[1] ?? '')
  },
  {
    title: 'caBundle is empty',
    make: ({ stage }) => changeEntries(stage, () => ({ clientConfig: { caBundle: '' } })),
    codes: ['NOT_CALLED', 'CA_BUNDLE_EMPTY', 'FAIL_OPEN_NOW'],
    says: /caBundle is empty in 12 entries/,
    fix: ({ shell }) => shell.run(documentedCommands('docs/certificates.md', 'Replace the CA')[1] ?? '')
  },
  {
    title: 'the Service has gone',
    make: ({ stage }) => stage.kubectl(['delete', 'service', 'holdfast', '-n', NAMESPACE]),
    codes: ['SERVICE_MISSING'],
    says: /there is no Service holdfast in the namespace holdfast-system/,
    fix: ({ standing }) => standing.apply('cluster-wide')
  },
  {
    title: 'an entry has gone',
    make: ({ stage }) => withoutEntry(stage, 'workloads.validate.holdfast.dev'),
    codes: ['ENTRY_MISSING'],
    says: /workloads\.validate\.holdfast\.dev: the entry is missing/,
    fix: ({ standing }) => standing.apply('cluster-wide')
  },
  {
    title: 'an entry of another version is left',
    make: async ({ stage }) => {
      const [configuration] = await configurationsIn(stage)
      const [first] = configuration?.webhooks ?? []
      if (configuration === undefined) throw new Error('there is no configuration')
      await store(stage, configuration, [...configuration.webhooks, { ...first, name: 'old.pods.mutate.holdfast.dev' }])
    },
    codes: ['ENTRY_UNKNOWN'],
    says: /old\.pods\.mutate\.holdfast\.dev: this version ships no such entry/,
    fix: ({ shell }, told) => shell.run(commandIn(told))
  },
  {
    title: 'a condition is changed, and rules, a selector, a path and a timeout',
    make: ({ stage }) =>
      changeEntries(stage, (entry) => {
        if (entry.name !== 'statefulsets.mutate.holdfast.dev') return {}
        return {
          matchConditions: [{ name: 'a-policy-applies', expression: 'true' }],
          rules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['statefulsets'],
              scope: 'Namespaced'
            }
          ],
          namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
          clientConfig: { service: { name: 'holdfast', namespace: NAMESPACE, path: '/mutate/warn', port: 443 } },
          timeoutSeconds: 30
        }
      }),
    codes: [
      'RULES_CHANGED',
      'CONDITIONS_CHANGED',
      'SELECTOR_CHANGED',
      'SELECTOR_CHANGED',
      'SELECTOR_CHANGED',
      'PATH_CHANGED',
      'ENTRY_CHANGED'
    ],
    says: /the condition a-policy-applies is not that of this version/,
    fix: ({ standing }) => standing.install('cluster-wide')
  },
  {
    title: 'failurePolicy is Fail, and the server is stopped',
    make: async ({ stage, standing }) => {
      await changeEntries(stage, ({ name }) => (name === PODS_ENTRY ? { failurePolicy: 'Fail' } : {}))
      await standing.holdfast.stop()
    },
    codes: ['NOT_CALLED', 'FAILURE_POLICY_FAIL'],
    says: /failed calling webhook "pods\.mutate\.holdfast\.dev"/,
    fix: async ({ standing }) => {
      await standing.holdfast.start()
      await standing.apply('cluster-wide')
    }
  },
  {
    title: 'a typing error in a label, and one in its key',
    make: async ({ stage, lab }) => {
      await stage.kubectl(['label', 'namespace', lab, 'holdfast.dev/mode=enfroce'])
      await stage.kubectl(['label', 'namespace', 'default', 'holdfast.io/mode=warn'])
    },
    codes: ['LABEL_KEY_UNKNOWN', 'LABEL_VALUE_UNKNOWN'],
    says: /holdfast\.dev\/mode="enfroce", which is no mode, and is in mode enforce/,
    fix: async ({ shell, stage }, told) => {
      for (const command of commandsIn(told)) await shell.run(command)
      await stage.kubectl(['label', 'namespaces', '--all', 'holdfast.dev/mode-'])
    }
  },
  {
    title: 'a replica of another version',
    make: ({ stage, standing }) => addReplica(stage, standing),
    codes: ['REPLICAS_DIFFER', 'VERSION_DIFFERS'],
    says: /holdfast-old runs 0\.0\.9/,
    fix: ({ stage }) => stage.kubectl(['delete', 'pod', 'holdfast-old', '-n', NAMESPACE])
  },
  {
    title: 'an installation that was renamed has left its configuration',
    make: async ({ stage }) => {
      const [configuration] = await configurationsIn(stage)
      await stage.run(['create', '-f', '-'], { ...configuration, metadata: { name: 'old-holdfast' } })
    },
    codes: ['OTHER_INSTALLATION'],
    says: /old-holdfast calls the same Service/,
    fix: ({ shell }, told) => shell.run(commandIn(told))
  }
]

async function found(t: Test, place: Place, { overlay, make, codes, says, fix }: Fault): Promise<void> {
  const { doctor, standing, stage } = place
  // Where the overlay is the same, what the last fix has left is what is to be well.
  if (standing.overlay() !== (overlay ?? 'cluster-wide')) await standing.install(overlay ?? 'cluster-wide')
  await make(place)
  await waitUntilInForce(stage.kubectl)
  const told = await doctor.diagnose()
  t.strictSame([told.code, told.codes], [1, codes], told.stdout)
  t.match(textOf(told), says)
  await fix(place, told)
  const after = await doctor.run(['--wait=30s'])
  t.equal(after.code, 0, after.stdout)
}

function textOf({ diagnosis }: Diagnosed): string {
  return diagnosis.checks.flatMap(({ findings }) => findings.map(({ message, fix }) => `${message}. ${fix}`)).join('\n')
}

/** The commands in quotation marks that the findings give. */
function commandsIn({ diagnosis }: Diagnosed): string[] {
  const fixes = diagnosis.checks.flatMap(({ findings }) => findings.flatMap(({ fix }) => fix ?? []))
  return fixes.flatMap((fix) => [...fix.matchAll(/"(kubectl (?:'[^']*'|[^"'])*)"/g)].map(([, command = '']) => command))
}

function commandIn(told: Diagnosed): string {
  const [command] = commandsIn(told)
  if (command === undefined) throw new Error(`no command in ${told.stdout}`)
  return command
}

interface Stored {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly webhooks: readonly { readonly name: string; readonly clientConfig: object }[]
}

async function configurationsIn(stage: Stage): Promise<readonly Stored[]> {
  const { items } = await stage.get<{ items: Stored[] }>(CONFIGURATIONS.join(','))
  return items.filter(({ metadata }) => metadata.name === 'holdfast')
}

async function changeEntries(stage: Stage, change: (entry: Stored['webhooks'][number]) => object): Promise<void> {
  for (const configuration of await configurationsIn(stage)) {
    const webhooks = configuration.webhooks.map((entry) => {
      const changed = change(entry)
      const part = 'clientConfig' in changed ? (changed.clientConfig as object) : {}
      return { ...entry, ...changed, clientConfig: { ...entry.clientConfig, ...part } }
    })
    await store(stage, configuration, webhooks)
  }
}

async function withoutEntry(stage: Stage, name: string): Promise<void> {
  for (const configuration of await configurationsIn(stage)) {
    await store(
      stage,
      configuration,
      configuration.webhooks.filter((entry) => entry.name !== name)
    )
  }
}

/** By a merge patch, which leaves alone what kubectl remembers of the last apply. */
async function store(stage: Stage, { kind, metadata }: Stored, webhooks: readonly object[]): Promise<void> {
  await stage.kubectl(['patch', kind.toLowerCase(), metadata.name, '--type=merge', '-p', JSON.stringify({ webhooks })])
}

/** A Pod that the Service selects and no Deployment owns, with what an older version says of itself behind its address. */
async function addReplica(stage: Stage, { address: host }: Standing): Promise<void> {
  const server = createServer((_request, response) =>
    response.end('holdfast_build_info{version="0.0.9",node="v24.0.0"} 1\n')
  )
  server.listen(0, host)
  server.unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { items } = await stage.get<{ items: { spec: { containers: { ports: { name: string }[] }[] } }[] }>(
    'pods',
    '-n',
    NAMESPACE,
    '-l',
    'app.kubernetes.io/name=holdfast'
  )
  const [container] = items[0]?.spec.containers ?? []
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'holdfast-old', namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': 'holdfast' } },
    spec: {
      ...items[0]?.spec,
      containers: [{ ...container, volumeMounts: [], ports: [{ name: 'health', containerPort: port }] }],
      volumes: []
    }
  }
  // An orphan with these labels would be adopted: it needs an owner of its own.
  const { stderr, code } = await stage.run(['create', '-f', '-'], pod)
  if (code !== 0) throw new Error(stderr)
  await setReady(stage, 'holdfast-old', host)
}

/** Half a minute before the end, then behind it: the process goes on, as it does in real life. */
async function expired(t: Test, { stage, doctor, standing, lab: _ }: Place): Promise<void> {
  const seconds = 40
  const short = await standingInstallation(stage, standing.address, seconds / (24 * 60 * 60))
  const end = performance.now() + seconds * 1000
  try {
    await short.install('cluster-wide')
    const soon = await doctor.diagnose()
    t.ok(soon.codes.includes('CERTIFICATE_EXPIRES'), String(soon.codes))
    await until('the certificate to expire', async () => performance.now() > end, { timeoutMs: seconds * 1000 })
    const told = await doctor.diagnose()
    t.equal(told.code, 1)
    for (const code of ['CERTIFICATE_EXPIRED', 'CA_EXPIRED']) t.ok(told.codes.includes(code), String(told.codes))
    await standing.install('cluster-wide')
    const after = await doctor.run(['--wait=30s'])
    t.equal(after.code, 0, after.stdout)
  } finally {
    await short.holdfast.dispose()
  }
}

/** With the roles of manifests/examples, and with none. */
async function rights(t: Test, { stage, doctor, standing }: Place): Promise<void> {
  await standing.install('audit')
  const roles = readFileSync(join(root, 'examples/doctor/cluster-role.yaml'), 'utf8')
  await stage.run(['apply', '-f', '-'], roles)
  await stage.kubectl(['create', 'serviceaccount', 'doctor', '-n', NAMESPACE])
  const account = `--serviceaccount=${NAMESPACE}:doctor`
  const token = (await stage.kubectl(['create', 'token', 'doctor', '-n', NAMESPACE])).stdout.trim()
  const kubeconfig = doctor.as(token)

  const none = await doctor.diagnose([], kubeconfig)
  t.equal(none.code, 2, 'without rights nothing is known, and that is not well')
  t.ok(
    none.diagnosis.checks.every(({ state }) => state === 'unknown' || state === 'ok'),
    none.stdout
  )

  await stage.kubectl(['create', 'clusterrolebinding', 'holdfast-doctor', '--clusterrole=holdfast-doctor', account])
  await stage.kubectl(['create', 'rolebinding', 'holdfast-doctor', '-n', NAMESPACE, '--role=holdfast-doctor', account])
  const { code, stdout } = await doctor.run(['--wait=20s'], kubeconfig)
  t.equal(code, 0, stdout)
  t.match(stdout, /All is well\.\n$/, 'with these roles everything is known, without the Secret')

  const inPod = await doctor.runInPod(token, [])
  if (inPod === undefined) return void t.comment('nobody may mount here, so that nothing looks like a Pod')
  t.equal(inPod.code, 0, inPod.stderr)
  t.match(inPod.stdout, /of the cluster that it runs in, mode audit\n.*All is well\.\n$/s, 'also by a service account')
  for (const { program, version } of helms.values()) {
    const hooks = testHooks(program, NAMESPACE, {}).filter(({ metadata }) => metadata.name === 'holdfast-test-doctor')
    const [command, ...args] = only<IPod>(hooks, 'Pod').spec?.containers[0]?.args ?? []
    t.equal(command, 'doctor')
    t.equal((await doctor.runInPod(token, args))?.code, 0, `as in helm test of Helm ${version}`)
  }
}

/** The store has no Pod of it: every creation was a dry run. */
async function nothingWritten(t: Test, { stage }: Place): Promise<void> {
  const { items } = await stage.get<{ items: unknown[] }>('pods', '-A', '-l', 'app.kubernetes.io/name=holdfast-doctor')
  t.equal(items.length, 0)
}
