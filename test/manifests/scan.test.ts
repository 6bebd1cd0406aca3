// The CronJob that scans, and what it may: compared with what the command asks of the API server.

import { Command } from 'commander'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole'
import type { IClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { IService } from 'kubernetes-models/v1/Service'
import t, { type Test } from 'tap'
import { addScanCommand } from '../../src/commands/scan/command.ts'
import { RUNNER_KINDS } from '../../src/core/programs/runners.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { POLICY_REPORT_APIS } from '../../src/report/policy-report/policy-report.ts'
import { restricted } from './pod-security.ts'
import { type Manifest, only, overlays, render, renderWith, skip } from './render.ts'

const manifests = () => renderWith('cluster-wide', ['scan'])
const withReports = () => renderWith('cluster-wide', ['scan', 'scan-reports'])
const job = (of = manifests()) => only<ICronJob>(of, 'CronJob').spec?.jobTemplate.spec
const pod = (of?: readonly Manifest[]) => job(of)?.template.spec as IPodSpec
const container = (of?: readonly Manifest[]) => pod(of).containers[0] as IContainer

/** `GROUP/RESOURCE VERB`, as many as the rules of a role allow. */
function rightsOf(of: readonly Manifest[], name: string): string[] {
  const rules = only<IClusterRole>(of, 'ClusterRole', name).rules ?? []
  return rules
    .flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)))
    )
    .sort()
}

t.test('the rights are those that a scan needs, and no other', { skip }, async (t) => {
  const matched = POLICIES.flatMap(({ matches }) => matches)
    .filter(({ operation }) => operation === 'CREATE')
    .map(({ resource: { group, resource } }) => `${group}/${resource} list`)
  const beside = [...RUNNER_KINDS, ...POLICIES.flatMap(({ reads = [] }) => reads)].map(
    ({ group, resource }) => `${group}/${resource} list`
  )
  t.strictSame(rightsOf(manifests(), 'holdfast-scan'), [...new Set(['/namespaces list', ...matched, ...beside])].sort())
  t.notMatch(rightsOf(manifests(), 'holdfast-scan').join(), 'secrets')
  const { group, resource } = POLICY_REPORT_APIS.openreports
  t.strictSame(
    rightsOf(withReports(), 'holdfast-scan-reports'),
    ['create', 'delete', 'get', 'list', 'update'].map((verb) => `${group}/${resource} ${verb}`)
  )
  t.notOk(
    manifests().some(({ metadata }) => metadata.name === 'holdfast-scan-reports'),
    'nothing is written unasked'
  )
  for (const { kind, metadata } of withReports().filter((it) => it.kind === 'ClusterRoleBinding')) {
    const { roleRef, subjects } = only<IClusterRoleBinding>(withReports(), kind, metadata.name)
    t.match(roleRef, { kind: 'ClusterRole', name: metadata.name })
    t.same(subjects, [{ kind: 'ServiceAccount', name: pod().serviceAccountName, namespace: 'holdfast-system' }])
  }
  t.equal(pod().serviceAccountName, only(manifests(), 'ServiceAccount', 'holdfast-scan').metadata.name)
  t.equal(pod().automountServiceAccountToken, true)
})

t.test('the Pod is as hardened as that of the webhook', { skip }, async (t) => {
  for (const [rule, kept] of Object.entries(restricted(pod()))) t.ok(kept, rule)
  const webhook = only<IDeployment>(render('base'), 'Deployment').spec?.template.spec as IPodSpec
  t.same(container().securityContext, webhook.containers[0]?.securityContext)
  t.same({ ...pod().securityContext, fsGroup: 65532 }, webhook.securityContext)
  t.equal(container().image, webhook.containers[0]?.image)
  t.equal(pod().enableServiceLinks, false)
  t.same(container().resources, { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } })
})

t.test('one at a time, and each comes to an end', { skip }, async (t) => {
  t.match(only<ICronJob>(manifests(), 'CronJob').spec, {
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: Number,
    successfulJobsHistoryLimit: Number,
    failedJobsHistoryLimit: Number
  })
  t.match(job(), { backoffLimit: 0, activeDeadlineSeconds: Number })
  t.equal(pod().restartPolicy, 'Never')
})

t.test('nothing that selects the Pods of the webhook selects these', { skip }, async (t) => {
  const labels = job()?.template.metadata?.labels ?? {}
  const selects = (selector: Readonly<Record<string, string>> | undefined): boolean =>
    Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value)
  const policies = manifests().filter((it) => it.kind === 'NetworkPolicy')
  const selectors = {
    Service: only<IService>(manifests(), 'Service').spec?.selector,
    PodDisruptionBudget: only<IPodDisruptionBudget>(manifests(), 'PodDisruptionBudget').spec?.selector?.matchLabels,
    NetworkPolicy: only<INetworkPolicy>(manifests(), 'NetworkPolicy', 'holdfast').spec?.podSelector?.matchLabels
  }
  for (const [what, selector] of Object.entries(selectors)) t.notOk(selects(selector), what)
  const [own, base] = ['holdfast-scan', 'holdfast'].map((name) => only<INetworkPolicy>(policies, 'NetworkPolicy', name))
  t.ok(selects(own?.spec?.podSelector?.matchLabels), 'their own policy does')
  t.same(own?.spec?.egress, base?.spec?.egress, 'and lets them reach the API server as the webhook does')
  t.notOk(own?.spec?.ingress, 'and lets nobody in')
})

t.test('the command takes the arguments', { skip }, async (t) => {
  for (const [of, more] of [
    [manifests(), []],
    [withReports(), ['--report=openreports']]
  ] as const) {
    t.same(container(of).args, ['scan', '--all-namespaces', '--config=/etc/holdfast/config.yaml', ...more])
    checkArguments(t, container(of).args ?? [])
  }
  const [volume] = pod().volumes ?? []
  const [mount] = container().volumeMounts ?? []
  t.equal(volume?.configMap?.name, only<IConfigMap>(manifests(), 'ConfigMap').metadata.name)
  t.equal(`${mount?.mountPath}/${volume?.configMap?.items?.[0]?.path}`, '/etc/holdfast/config.yaml')
  t.equal(mount?.name, volume?.name)
})

function checkArguments(t: Test, [name, ...flags]: readonly string[]): void {
  const program = new Command()
  addScanCommand(program)
  const command = program.commands.find((it) => it.name() === name)
  const known = command?.options.map(({ long }) => long)
  for (const flag of flags) t.ok(known?.includes(flag.split('=')[0]), flag)
}

t.test('every overlay takes it, and stays as it was', { skip }, async (t) => {
  for (const overlay of overlays) {
    const others = renderWith(overlay, ['scan', 'scan-reports']).filter(
      ({ metadata }) => !metadata.name.startsWith('holdfast-scan')
    )
    t.same(others, render(`overlays/${overlay}`), overlay)
  }
})
