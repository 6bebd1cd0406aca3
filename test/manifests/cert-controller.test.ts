// The Deployment that issues certificates without cert-manager, and what it may: compared with what the command reads and
// writes.

import { Command } from 'commander'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole'
import type { IClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role'
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { IService } from 'kubernetes-models/v1/Service'
import t from 'tap'
import { SECRET_KEYS } from '../../src/certificates/rotation-secret.ts'
import { addCertControllerCommand } from '../../src/commands/cert-controller/command.ts'
import { OBJECTS } from '../../src/commands/cert-controller/objects.ts'
import { restricted } from './pod-security.ts'
import { only, overlays, render, renderWith, skip } from './render.ts'

const NAME = 'holdfast-cert-controller'
const manifests = () => renderWith('cluster-wide', ['cert-controller'])
const deployment = () => only<IDeployment>(manifests(), 'Deployment', NAME).spec
const pod = () => deployment()?.template.spec as IPodSpec
const container = () => pod().containers[0] as IContainer
const webhook = () => only<IDeployment>(render('base'), 'Deployment', 'holdfast').spec?.template.spec as IPodSpec

t.test('the rights are those that it needs, each for one object by its name', { skip }, async (t) => {
  t.same(only<IRole>(manifests(), 'Role', NAME).rules, [
    { apiGroups: [''], resources: ['secrets'], resourceNames: [OBJECTS.secret], verbs: ['get', 'update'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: [OBJECTS.lease],
      verbs: ['get', 'update']
    }
  ])
  t.same(only<IClusterRole>(manifests(), 'ClusterRole', NAME).rules, [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      resourceNames: [OBJECTS.configuration],
      verbs: ['get', 'patch']
    }
  ])
  const subjects = [{ kind: 'ServiceAccount', name: pod().serviceAccountName, namespace: 'holdfast-system' }]
  for (const [binding, role] of [
    [only<IRoleBinding>(manifests(), 'RoleBinding', NAME), 'Role'],
    [only<IClusterRoleBinding>(manifests(), 'ClusterRoleBinding', NAME), 'ClusterRole']
  ] as const) {
    t.match(binding.roleRef, { kind: role, name: NAME })
    t.same(binding.subjects, subjects)
  }
  const roles = manifests().filter(({ kind }) => /Role/.test(kind))
  t.equal(roles.length, 4, 'there is no other')
  t.equal(pod().serviceAccountName, only(manifests(), 'ServiceAccount', NAME).metadata.name)
  t.equal(pod().automountServiceAccountToken, true)
  t.equal(webhook().automountServiceAccountToken, false, 'and the serving Pods still have none')
})

t.test('the objects that it writes are there, and applying them again wipes nothing', { skip }, async (t) => {
  const secret = only<ISecret>(manifests(), 'Secret', OBJECTS.secret)
  t.strictSame(Object.keys(secret).sort(), ['apiVersion', 'kind', 'metadata', 'type'], 'no data, not even empty')
  t.equal(secret.type, 'Opaque', 'kubernetes.io/tls is refused without data')
  t.notOk('annotations' in secret.metadata)
  const lease = only(manifests(), 'Lease', OBJECTS.lease)
  t.strictSame(Object.keys(lease).sort(), ['apiVersion', 'kind', 'metadata'])
  t.notMatch(JSON.stringify(manifests()), /caBundle/)
})

t.test('serving Pods mount the certificate and its key, and nothing else of the Secret', { skip }, async (t) => {
  const keys = webhook().volumes?.flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ secret }) => (secret?.name === OBJECTS.secret ? (secret.items ?? []) : []))
  )
  t.same(
    keys?.map(({ key }) => key),
    [SECRET_KEYS.certificate, SECRET_KEYS.privateKey]
  )
})

t.test('nothing of cert-manager is left, and the rest is as it was', { skip }, async (t) => {
  for (const overlay of overlays) {
    const changed = renderWith(overlay, ['cert-controller'])
    t.notMatch(JSON.stringify(changed), /cert-manager/, overlay)
    const others = changed.filter(({ kind, metadata }) => metadata.name !== NAME && kind !== 'Secret')
    t.same(others, renderWith(overlay, ['static-certificate']), overlay)
  }
})

t.test('the Pod is as hardened as that of the webhook', { skip }, async (t) => {
  for (const [rule, kept] of Object.entries(restricted(pod()))) t.ok(kept, rule)
  t.same(container().securityContext, webhook().containers[0]?.securityContext)
  t.same({ ...pod().securityContext, fsGroup: 65532 }, webhook().securityContext)
  t.equal(container().image, webhook().containers[0]?.image)
  t.equal(pod().enableServiceLinks, false)
  for (const probe of [container().livenessProbe, container().readinessProbe]) t.equal(probe?.httpGet?.port, 'health')
})

t.test('nothing that selects the Pods of the webhook selects this one', { skip }, async (t) => {
  const labels = deployment()?.template.metadata?.labels ?? {}
  const selects = (selector: Readonly<Record<string, string>> | undefined): boolean =>
    Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value)
  const [own, base] = [NAME, 'holdfast'].map((name) => only<INetworkPolicy>(manifests(), 'NetworkPolicy', name))
  t.notOk(selects(only<IService>(manifests(), 'Service').spec?.selector), 'Service')
  t.notOk(selects(only<IPodDisruptionBudget>(manifests(), 'PodDisruptionBudget').spec?.selector?.matchLabels))
  t.notOk(selects(base?.spec?.podSelector?.matchLabels), 'NetworkPolicy')
  t.ok(selects(own?.spec?.podSelector?.matchLabels), 'its own policy does')
  t.same(own?.spec?.egress, base?.spec?.egress, 'and lets it reach the API server as the webhook does')
  t.same(own?.spec?.ingress, base?.spec?.ingress?.slice(1), 'and lets in who reads metrics')
})

t.test('the command takes the arguments', { skip }, async (t) => {
  const program = new Command()
  addCertControllerCommand(program)
  const [command] = program.commands
  const [name, ...flags] = container().args ?? []
  t.equal(name, command?.name())
  for (const flag of flags)
    t.ok(
      command?.options.some(({ long }) => long === flag.split('=')[0]),
      flag
    )
})
