// Every kustomization that the README shows, rendered as a user would: in a folder of its own, on top of manifests/.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole'
import type { IClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import t from 'tap'
import { PROGRAMS } from '../fixtures/generated.ts'
import { entriesOf, only, render, root, skip } from './render.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-readme-')))
t.teardown(() => rmSync(folder, { recursive: true }))

const REMOTE = /https:\/\/github\.com\/holdfast-dev\/holdfast\/\/manifests\/(\S+)\?ref=v[\d.]+/g
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

function write(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  const here = relative(dirname(join(folder, path)), realpathSync(root))
  writeFileSync(
    join(folder, path),
    content.replace(REMOTE, (_, part: string) => join(here, part))
  )
}

const readme = readFileSync(`${root}README.md`, 'utf8')
const examples = [...readme.matchAll(/```yaml\n# (\S+)\n(.*?)```/gs)]
for (const [, path = '', content = ''] of examples) write(path, content)
write('static/tls/ca.crt', CA)

t.test('the README shows these', async (t) => {
  t.same(
    examples.map(([, path]) => path),
    ['cluster', 'renamed', 'static', 'addressed', 'known', 'scan', 'wgpolicy'].map(
      (name) => `${name}/kustomization.yaml`
    )
  )
})

t.test('another image, more replicas, a priority class, another configuration', { skip }, async (t) => {
  const manifests = render(join(folder, 'cluster'))
  const deployment = only<IDeployment>(manifests, 'Deployment').spec
  t.equal(deployment?.replicas, 3)
  t.equal(deployment?.template.spec?.containers[0]?.image, 'registry.example.com/holdfast:0.1.0')
  t.equal(deployment?.template.spec?.priorityClassName, 'system-cluster-critical')
  t.match(only(manifests, 'ResourceQuota'), {
    spec: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', values: ['system-cluster-critical'] }] } }
  })
  t.match(only<IConfigMap>(manifests, 'ConfigMap').data?.['config.yaml'], /^mode: warn$/m)
})

t.test('another namespace reaches every place', { skip }, async (t) => {
  const manifests = render(join(folder, 'renamed'))
  t.notMatch(JSON.stringify(manifests), /holdfast-system/, 'the old one is nowhere left')
  t.equal(only(manifests, 'Namespace').metadata.name, 'guardrails')
  t.same(only<ICertificate>(manifests, 'Certificate', 'holdfast-tls').spec?.dnsNames, [
    'holdfast.guardrails.svc',
    'holdfast.guardrails.svc.cluster.local'
  ])
  for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
    t.match(only(manifests, kind).metadata.annotations, { 'cert-manager.io/inject-ca-from': 'guardrails/holdfast-tls' })
  }
  for (const { name, clientConfig, namespaceSelector } of entriesOf(manifests)) {
    t.equal(clientConfig.service?.namespace, 'guardrails', name)
    t.same(namespaceSelector?.matchExpressions?.[0]?.values, ['guardrails', 'kube-node-lease', 'kube-system'])
  }
})

t.test('a certificate of your own', { skip }, async (t) => {
  const manifests = render(join(folder, 'static'))
  t.notMatch(JSON.stringify(manifests), /cert-manager/, 'nothing of cert-manager is left')
  t.notOk(
    manifests.some((it) => it.kind === 'Secret'),
    'no Secret is made of the authority'
  )
  for (const { name, clientConfig } of entriesOf(manifests)) {
    const bundle = String(clientConfig.caBundle).replaceAll('\n', '')
    t.equal(Buffer.from(bundle, 'base64').toString(), CA, name)
  }
  const rest = (of: typeof manifests) => of.filter((it) => !/Webhook|^Certificate|^Issuer/.test(it.kind))
  t.same(rest(manifests), rest(render('overlays/cluster-wide')), 'and the rest is as it was')
})

t.test('a certificate of your own, in another namespace', { skip }, async (t) => {
  const content = readFileSync(join(folder, 'static/kustomization.yaml'), 'utf8')
  write('both/kustomization.yaml', content.replace(/- \S+overlays\/cluster-wide/, '- ../renamed'))
  write('both/tls/ca.crt', CA)
  const manifests = render(join(folder, 'both'))
  t.notMatch(JSON.stringify(manifests), /holdfast-system|cert-manager/)
  t.ok(entriesOf(manifests).every((entry) => entry.clientConfig.caBundle))
})

t.test('egress to the API server alone, or to nobody', { skip }, async (t) => {
  const egressIn = (name: string) => only<INetworkPolicy>(render(join(folder, name)), 'NetworkPolicy').spec?.egress
  const [rule, ...others] = egressIn('addressed') ?? []
  t.same(others, [])
  t.same(
    rule?.to?.map(({ ipBlock }) => ipBlock?.cidr),
    ['10.96.0.1/32', '172.18.0.3/32']
  )
  t.same(
    rule?.ports?.map(({ port }) => port),
    [443, 6443]
  )
  t.same(egressIn('known'), [])
  const [container] =
    only<IDeployment>(render(join(folder, 'known')), 'Deployment').spec?.template.spec?.containers ?? []
  t.match(container?.args?.at(-1), /^--kubernetes-version=1\.\d+$/, 'which needs nobody to ask')
})

t.test('a scan every six hours, with reports in either API', { skip }, async (t) => {
  const apis = [
    ['scan', 'openreports', 'openreports.io', 'reports'],
    ['wgpolicy', 'wgpolicy', 'wgpolicyk8s.io', 'policyreports']
  ] as const
  for (const [name, api, group, resource] of apis) {
    const manifests = render(join(folder, name))
    const { schedule, jobTemplate } = only<ICronJob>(manifests, 'CronJob').spec ?? {}
    t.equal(schedule, '5 */6 * * *')
    t.same(jobTemplate?.spec?.template.spec?.containers[0]?.args?.at(-1), `--report=${api}`)
    t.match(only<IClusterRole>(manifests, 'ClusterRole', 'holdfast-scan-reports').rules, [
      { apiGroups: [group], resources: [resource] }
    ])
  }
})

t.test('a scan in another namespace', { skip }, async (t) => {
  const content = readFileSync(join(folder, 'scan/kustomization.yaml'), 'utf8')
  write(
    'scan-renamed/kustomization.yaml',
    content.replace(/- \S+overlays\/cluster-wide/, '- ../renamed').concat('namespace: guardrails\n')
  )
  const manifests = render(join(folder, 'scan-renamed'))
  t.notMatch(JSON.stringify(manifests), /holdfast-system/)
  for (const name of ['holdfast-scan', 'holdfast-scan-reports']) {
    const [subject] = only<IClusterRoleBinding>(manifests, 'ClusterRoleBinding', name).subjects ?? []
    t.equal(subject?.namespace, 'guardrails', name)
  }
})

t.test('what is called for, in words: the programs that policies are about', async (t) => {
  const [, section = ''] = readme.split('\n## What is called for\n')
  for (const { name } of PROGRAMS) t.ok(section.split('\n## ')[0]?.includes(name), name)
})
