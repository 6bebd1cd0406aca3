// The commands of the documentation that change or remove an installation, run as they stand there.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import { render, renderWith, root, skip } from '../manifests/render.ts'
import { type Cainjector, cainjectorOf, certificatesIn } from './harness/cainjector.ts'
import { commandsOf, documentedCommands, type Shell, shellOf } from './harness/documented.ts'
import { listOf } from './harness/manifests.ts'
import { CONFIGURATIONS, type Configuration, endToEnd, MODE_LABEL, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const NAMESPACE = 'holdfast-system'
const HOSTS = ['holdfast.holdfast-system.svc']

interface Place {
  readonly stage: Stage
  readonly shell: Shell
  readonly cainjector: Cainjector
}

endToEnd('operations', { controllers: true, wholeCluster: true }, async (t, stage) => {
  const place = { stage, shell: await shellOf(stage), cainjector: await cainjectorOf(stage) }
  const { shell } = place
  const noJq = spawnSync('jq', ['--version']).error ? 'jq is not on the PATH' : false
  try {
    cpSync(root, join(shell.directory, 'manifests'), { recursive: true })
    await t.test('install, with cert-manager late', { skip }, (t) => certManagerLate(t, place))
    await t.test('replace the CA', { skip: skip || noJq }, (t) => replaceCa(t, place))
    for (const style of ['', '--server-side']) {
      const title = `a certificate in the place of cert-manager's ${style}`
      await t.test(title, { skip }, (t) => inThePlaceOf(t, place, style))
    }
    await t.test('a stolen key of our own certificate', { skip }, (t) => stolenKey(t, place))
    await t.test('uninstall', { skip }, (t) => uninstall(t, place))
  } finally {
    shell.dispose()
  }
})

/** Nobody serves cert-manager's objects, then its webhook is not ready, then all is well. */
async function certManagerLate(t: Test, { stage, shell, cainjector }: Place): Promise<void> {
  const [script = ''] = documentedCommands('docs/install.md', 'kustomize')
  const [forCertManager, apply = '', forCertificate = '', forCaBundle = '', ...rest] = commandsOf(script)
  t.match([forCertManager, rest], [/^kubectl -n cert-manager wait /, [/^kubectl .* rollout status /]], 'need a kubelet')
  const install = apply.replace(/https:\S+\/manifests\/(\S+)\?ref=v[\d.]+/, 'manifests/$1')
  t.not(install, apply, 'rendered from here')
  const soon = (command: string): string => command.replace('--timeout=2m', '--timeout=1s')

  const missing = await shell.run(install)
  t.equal(missing.code, 1)
  t.match(missing.stderr, 'no matches for kind "Certificate"')
  t.equal((await stage.get<{ items: unknown[] }>(CONFIGURATIONS.join(','))).items.length, 2, 'the rest is there')

  for (const [plural, kind] of CERT_MANAGER) await define(stage, 'cert-manager.io', 'v1', plural, kind)
  await stage.kubectl(['create', '-f', '-'], { input: JSON.stringify(CERT_MANAGER_WEBHOOK) })
  const unready = await until('its webhook to be called', async () => {
    const result = await shell.run(install)
    return result.code === 1 && result
  })
  t.match(unready.stderr, 'failed calling webhook "webhook.cert-manager.io"')

  await stage.kubectl(['delete', 'validatingwebhookconfiguration', 'cert-manager-webhook'])
  await until('its webhook to be gone', async () => (await shell.run(install)).code === 0)
  t.equal((await shell.run(soon(forCertificate))).code, 1, 'the certificate is waited for')
  t.equal((await shell.run(soon(forCaBundle))).code, 1, 'caBundle is waited for')
  const ready = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }] } })
  await stage.kubectl(['patch', 'certificate', 'holdfast-tls', '-n', NAMESPACE, '--type=merge', '-p', ready])
  await cainjector.inject((await issueCertificates(HOSTS, 1, new Date())).ca)
  t.equal((await shell.run(forCertificate)).code, 0)
  t.equal((await shell.run(forCaBundle)).code, 0)
}

async function replaceCa(t: Test, { stage, shell, cainjector }: Place): Promise<void> {
  const [issueAnew = '', dropTheOld = ''] = documentedCommands('docs/certificates.md', 'Replace the CA')
  const [one, other] = await twoCertificates()
  await deleteConfigurations(stage)
  await stage.kubectl(['apply', '-f', '-'], { input: listOf(render('overlays/cluster-wide')) })
  for (const name of ['holdfast-ca', 'holdfast-tls']) await store(stage, name, one)
  await cainjector.inject(one.ca)
  for (const command of commandsOf(issueAnew)) {
    // There is no kubelet to roll anything out, and no cert-manager to issue what was deleted.
    if (command.includes('rollout status')) continue
    const [, awaited] = /--for=create secret\/(\S+)/.exec(command) ?? []
    if (awaited !== undefined) await store(stage, awaited, other)
    t.equal((await shell.run(command)).code, 0, command)
  }
  await cainjector.inject(other.ca)
  await everyBundleIs(t, stage, [one.ca, other.ca], 'none is lost while both are served')
  const { code, stderr } = await shell.run(dropTheOld)
  t.strictSame([code, stderr], [0, ''])
  await everyBundleIs(t, stage, [other.ca], 'the old one is dropped')
  await cainjector.inject(other.ca)
  await everyBundleIs(t, stage, [other.ca], 'and stays away')
  for (const style of [[], ['--server-side']]) {
    const applied = await stage.run(['apply', ...style, '-f', '-'], listOf(render('overlays/audit')))
    t.equal(applied.code, 0, `an overlay can be applied after it ${style} ${applied.stderr.slice(-300)}`)
  }
  await everyBundleIs(t, stage, [other.ca], 'and leaves it')

  await stage.kubectl(['delete', 'secret', 'holdfast-tls', '-n', NAMESPACE])
  t.not((await shell.run(dropTheOld)).code, 0, 'where there is no Secret, it fails')
  await everyBundleIs(t, stage, [other.ca], 'and changes nothing')
}

async function inThePlaceOf(t: Test, { stage, shell, cainjector }: Place, style: string): Promise<void> {
  const [theirs, own] = await twoCertificates()
  await deleteConfigurations(stage)
  // Forced, because the scenarios before have applied the other objects on the client side.
  const flags = style === '' ? [] : [style, '--force-conflicts']
  await stage.kubectl(['apply', ...flags, '-f', '-'], { input: listOf(render('overlays/cluster-wide')) })
  for (const name of ['holdfast-ca', 'holdfast-tls']) await store(stage, name, theirs)
  await cainjector.inject(theirs.ca)
  writeStatic(shell, own)

  const [script = ''] = documentedCommands('manifests/README.md', 'In the place of cert-manager')
  for (const command of commandsOf(script)) {
    const { code, stderr } = await shell.run(command.replace('kubectl apply', ['kubectl apply', ...flags].join(' ')))
    t.equal(code, 0, `${command}${stderr}`)
  }
  await everyBundleIs(t, stage, [own.ca, theirs.ca], 'both are trusted')
  const { data } = await stage.get<{ data: Record<string, string> }>('secret', 'holdfast-tls', '-n', NAMESPACE)
  t.equal(Buffer.from(data['tls.crt'] ?? '', 'base64').toString(), own.certificate, 'our own is served')
  const { stdout } = await stage.kubectl(['get', 'certificates,issuers', '-n', NAMESPACE, '-o', 'name'])
  t.equal(stdout, '', 'and nobody else writes it')

  writeStatic(shell, own)
  t.equal((await shell.run(`kubectl apply ${style} -k static`)).code, 0, 'applied again, with nothing to force')
  await cainjector.inject(theirs.ca)
  await everyBundleIs(t, stage, [own.ca], 'a day later, our own alone')
}

async function stolenKey(t: Test, { stage, shell }: Place): Promise<void> {
  const page = 'docs/lost-or-stolen-keys.md'
  const [script = ''] = documentedCommands(page, 'Stolen, with your own certificate')
  const [count = ''] = documentedCommands(page, 'Verify')
  const [stolen, renewed] = await twoCertificates()
  await deleteConfigurations(stage)
  writeStatic(shell, stolen)
  await stage.kubectl(['delete', 'secret', 'holdfast-tls', '-n', NAMESPACE, '--ignore-not-found'])
  await store(stage, 'holdfast-tls', stolen)
  t.equal((await shell.run('kubectl apply --server-side --force-conflicts -k static')).code, 0, 'what is installed')

  for (const command of commandsOf(script)) {
    if (command.includes('rollout status')) continue
    if (command.startsWith('holdfast certs ')) writePems(join(shell.directory, 'renewed'), renewed)
    else {
      const { code, stderr } = await shell.run(command.replace('kubectl apply', 'kubectl apply --server-side'))
      t.equal(code, 0, `${command}${stderr}`)
    }
    if (command.includes('rollout restart')) await everyBundleIs(t, stage, [stolen.ca, renewed.ca], 'none is lost')
  }
  await everyBundleIs(t, stage, [renewed.ca], 'the stolen one is worth nothing')
  const { data } = await stage.get<{ data: Record<string, string> }>('secret', 'holdfast-tls', '-n', NAMESPACE)
  t.equal(Buffer.from(data['tls.crt'] ?? '', 'base64').toString(), renewed.certificate, 'the new one is served')
  t.strictSame(await shell.run(count), { code: 0, stdout: '1\n', stderr: '' })
}

async function uninstall(t: Test, { stage, shell }: Place): Promise<void> {
  const [script = '', reports = ''] = documentedCommands('docs/uninstall.md', 'Delete the objects')
  const [one, other] = [await stage.namespace('warn'), await stage.namespace()]
  await define(stage, 'openreports.io', 'v1alpha1', 'reports', 'Report')
  // Of another type than the one of cert-manager, and that is not for an update to change.
  await stage.kubectl(['delete', 'secret', 'holdfast-tls', '-n', NAMESPACE])
  const everything = renderWith('cluster-wide', ['priority', 'scan', 'scan-reports', 'cert-controller'])
  await stage.kubectl(['apply', '-f', '-'], { input: listOf(everything) })
  await stage.kubectl(['create', '-f', '-'], {
    input: listOf([
      report(one, 'holdfast', { 'app.kubernetes.io/managed-by': 'holdfast' }),
      report(other, 'holdfast', { 'app.kubernetes.io/managed-by': 'holdfast' }),
      report(other, 'of-kyverno', { 'app.kubernetes.io/managed-by': 'kyverno' })
    ])
  })
  t.equal((await leftOf(stage)).length, 10, 'what there is to delete')

  for (const command of commandsOf(script)) {
    const { code, stderr } = await shell.run(command)
    t.equal(code, 0, `${command}${stderr}`)
  }
  t.strictSame(await leftOf(stage), [], 'all of it is gone, without waiting any more')
  const [left = ''] = documentedCommands('docs/uninstall.md', 'What stays')
  t.equal((await shell.run(left)).stderr, 'No resources found\nNo resources found\n', 'which the page says how to see')
  t.equal((await shell.run(reports)).code, 0, reports)
  const { stdout } = await stage.kubectl(['get', 'reports', '-A', '-o', 'name'])
  t.equal(stdout, 'report.openreports.io/of-kyverno\n', 'and nothing of others')

  for (const command of [...commandsOf(script), reports])
    t.equal((await shell.run(command)).code, 0, `again: ${command}`)
  await stage.kubectl(['apply', '-f', '-'], { input: listOf(render('overlays/audit')) })
  for (const command of commandsOf(script)) t.equal((await shell.run(command)).code, 0, `audit alone: ${command}`)
  t.strictSame(await leftOf(stage), [])
}

/** With what the scenario before has left in `caBundle`. */
async function deleteConfigurations(stage: Stage): Promise<void> {
  await stage.kubectl(['delete', ...CONFIGURATIONS.map((kind) => `${kind}/holdfast`), '--ignore-not-found'])
}

/** Cluster-wide objects of ours, and labels of ours on namespaces. */
async function leftOf(stage: Stage): Promise<string[]> {
  const kinds = [...CONFIGURATIONS, 'clusterrole', 'clusterrolebinding', 'namespace'].join(',')
  const { items } = await stage.get<{ items: { kind: string; metadata: { name: string; labels?: object } }[] }>(kinds)
  const ours = items.filter(({ metadata: { name } }) =>
    /^holdfast(-scan|-scan-reports|-cert-controller|-system)?$/.test(name)
  )
  const labelled = items.filter(({ metadata: { labels = {} } }) => MODE_LABEL in labels)
  return [...ours, ...labelled].map(({ kind, metadata }) => `${kind}/${metadata.name}`)
}

const CERT_MANAGER = [
  ['certificates', 'Certificate'],
  ['issuers', 'Issuer']
] as const

/** cert-manager's own webhook, in a cluster in which its Pod does not answer yet. */
const CERT_MANAGER_WEBHOOK = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'cert-manager-webhook' },
  webhooks: [
    {
      name: 'webhook.cert-manager.io',
      admissionReviewVersions: ['v1'],
      clientConfig: { url: 'https://127.0.0.1:1/' },
      failurePolicy: 'Fail',
      rules: [{ apiGroups: ['cert-manager.io'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }],
      sideEffects: 'None'
    }
  ]
}

/** Defines a kind that takes everything, and waits until it is served. */
async function define(stage: Stage, group: string, version: string, plural: string, kind: string): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }]
    }
  }
  await stage.kubectl(['create', '-f', '-'], { input: JSON.stringify(definition) })
  await until(`the kind ${kind}`, () => stage.kubectl(['get', `${plural}.${group}`, '-A']))
}

function report(namespace: string, name: string, labels: Record<string, string>): object {
  return { apiVersion: 'openreports.io/v1alpha1', kind: 'Report', metadata: { name, namespace, labels } }
}

async function twoCertificates(): Promise<[IssuedCertificates, IssuedCertificates]> {
  return [await issueCertificates(HOSTS, 1, new Date()), await issueCertificates(HOSTS, 1, new Date())]
}

/** As cert-manager stores what it issued. */
async function store(stage: Stage, name: string, { ca, certificate, privateKey }: IssuedCertificates): Promise<void> {
  const stringData = { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': privateKey }
  const metadata = { name, namespace: NAMESPACE }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData }
  await stage.kubectl(['apply', '-f', '-'], { input: JSON.stringify(secret) })
}

async function everyBundleIs(t: Test, stage: Stage, cas: string[], what: string): Promise<void> {
  const { items } = await stage.get<{ items: Configuration[] }>(CONFIGURATIONS.join(','))
  const bundles = items.flatMap(({ webhooks = [] }) => webhooks.map(({ clientConfig }) => clientConfig.caBundle))
  t.equal(bundles.length, 12, 'four entries in three modes')
  const trimmed = (pems: string[]): string[] => pems.map((pem) => pem.trim()).sort()
  for (const bundle of new Set(bundles)) t.strictSame(trimmed(certificatesIn(bundle)), trimmed(cas), what)
}

/** The kustomization of manifests/README.md, with a certificate beside it. */
function writeStatic({ directory }: Shell, issued: IssuedCertificates): void {
  const [, content = ''] =
    /```yaml\n# static\/kustomization.yaml\n(.*?)```/s.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  mkdirSync(join(directory, 'static'), { recursive: true })
  const local = content.replace(/https:\S+\/manifests\/(\S+)\?ref=v[\d.]+/g, '../manifests/$1')
  writeFileSync(join(directory, 'static/kustomization.yaml'), local)
  writePems(join(directory, 'static/tls'), issued)
}

/** As `holdfast certs` does. */
function writePems(directory: string, { ca, certificate, privateKey }: IssuedCertificates): void {
  mkdirSync(directory, { recursive: true })
  for (const [name, pem] of Object.entries({ 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': privateKey })) {
    writeFileSync(join(directory, name), pem, { mode: 0o600 })
  }
}
