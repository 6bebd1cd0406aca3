// Every object against the schemas of Kubernetes and cert-manager, without a cluster. The schemas let unknown fields
// pass, so a misspelt field would go unnoticed until its absence hurts: those are looked for too.
import { readFileSync } from 'node:fs'
import { Certificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate'
import { Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer'
import { MutatingWebhookConfiguration } from 'kubernetes-models/admissionregistration.k8s.io/v1/MutatingWebhookConfiguration'
import { ValidatingWebhookConfiguration } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { CronJob } from 'kubernetes-models/batch/v1/CronJob'
import { Lease } from 'kubernetes-models/coordination.k8s.io/v1/Lease'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole'
import { ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role'
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { ResourceQuota } from 'kubernetes-models/v1/ResourceQuota'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import t from 'tap'
import { type Manifest, overlays, parse, render, renderWith, root, skip } from './render.ts'

interface Model {
  new (data: never): { validate(): void }
  apiVersion: string
  kind: string
}
const models: readonly Model[] = [
  Certificate,
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  CronJob,
  Deployment,
  Issuer,
  Lease,
  MutatingWebhookConfiguration,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ResourceQuota,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  ValidatingWebhookConfiguration
]

/** Why the API server would refuse or forget some of it; empty when all is well. */
function problemsOf(manifest: Manifest): string[] {
  const name = `${manifest.kind} ${manifest.metadata.name}`
  const Kind = models.find((model) => model.apiVersion === manifest.apiVersion && model.kind === manifest.kind)
  if (Kind === undefined) return [`${name}: no schema for ${manifest.apiVersion}`]
  const { recording, unread } = recorder(new Kind(manifest as never))
  try {
    recording.validate()
  } catch (error) {
    return [`${name}: ${(error as Error).message}`]
  }
  return unread().map((path) => `${name}: unknown field ${path}`)
}

// A validator reads the fields it knows, and those of maps by listing them. What it never read, it does not know.
function recorder<T extends object>(target: T): { recording: T; unread: () => string[] } {
  const all = new Set<string>()
  const read = new Set<string>()
  const walk = (value: object, path: string): void => {
    for (const [key, child] of Object.entries(value)) {
      all.add(`${path}/${key}`)
      if (typeof child === 'object' && child !== null) walk(child, `${path}/${key}`)
    }
  }
  const wrap = <O extends object>(value: O, path: string): O =>
    new Proxy(value, {
      get(object, key, receiver) {
        const child: unknown = Reflect.get(object, key, receiver)
        if (typeof key === 'symbol') return child
        read.add(`${path}/${key}`)
        return typeof child === 'object' && child !== null ? wrap(child, `${path}/${key}`) : child
      }
    })
  walk(target, '')
  return { recording: wrap(target, ''), unread: () => [...all].filter((path) => !read.has(path)) }
}

for (const overlay of overlays) {
  t.test(`${overlay}: every object is valid, and no field is unknown`, { skip }, async (t) => {
    const manifests = render(`overlays/${overlay}`)
    t.ok(manifests.length >= 13, `${manifests.length} objects`)
    for (const manifest of manifests) t.same(problemsOf(manifest), [], `${manifest.kind} ${manifest.metadata.name}`)
  })
}

t.test('the objects that only a component brings are valid', { skip }, async (t) => {
  const [quota] = parse(readFileSync(`${root}components/priority/resource-quota.yaml`, 'utf8'))
  t.same(problemsOf(quota as Manifest), [])
  const scans = renderWith('audit', ['scan', 'scan-reports']).filter((it) =>
    it.metadata.name.startsWith('holdfast-scan')
  )
  t.equal(scans.length, 7)
  const controller = renderWith('audit', ['cert-controller']).filter(
    ({ kind, metadata }) => metadata.name === 'holdfast-cert-controller' || kind === 'Secret'
  )
  t.equal(controller.length, 9)
  for (const manifest of [...scans, ...controller])
    t.same(problemsOf(manifest), [], `${manifest.kind} ${manifest.metadata.name}`)
})

t.test('the check sees what it is there for', { skip }, async (t) => {
  const cases: [what: string, kind: string, path: string, value: unknown, expected: RegExp][] = [
    ['a typing error', 'PodDisruptionBudget', '/spec/minAvail', 1, /unknown field \/spec\/minAvail$/],
    ['at the top', 'ServiceAccount', '/automount', true, /unknown field \/automount$/],
    ['deep down', 'Deployment', '/spec/template/spec/containers/0/livenessProbe/httpGet/schema', 'HTTP', /\/schema$/],
    ['in a list', 'MutatingWebhookConfiguration', '/webhooks/1/matchCondition', [], /\/webhooks\/1\/matchCondition$/],
    ['of cert-manager', 'Issuer', '/spec/selfSign', {}, /unknown field \/spec\/selfSign$/],
    ['a wrong value', 'Service', '/spec/ports/0/port', 'https', /ports\/0\/port/],
    ['a missing field', 'Deployment', '/spec/template', undefined, /template/]
  ]
  for (const [what, kind, path, value, expected] of cases) {
    const spoilt = structuredClone(render('overlays/opt-in').find((it) => it.kind === kind)) as Manifest
    const keys = path.slice(1).split('/')
    const last = keys.pop() as string
    let parent = spoilt as unknown as Record<string, unknown>
    for (const key of keys) parent = parent[key] as Record<string, unknown>
    if (value === undefined) delete parent[last]
    else parent[last] = value
    t.match(problemsOf(spoilt).join('\n'), expected, what)
  }
})
