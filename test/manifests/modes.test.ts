// What the API server calls for a namespace, in each overlay: a table, and the selectors are evaluated for it.
import { readFileSync } from 'node:fs'
import type { IIoK8sApimachineryPkgApisMetaV1LabelSelector as LabelSelector } from '@kubernetes-models/apimachinery/apis/meta/v1/LabelSelector'
import t from 'tap'
import { type Entry, entriesOf, type Overlay, overlays, render, root, skip } from './render.ts'

type Mode = 'audit' | 'warn' | 'enforce' | null

/** By the namespace's label holdfast.dev/mode; '' is no label. */
const MODES: Record<string, Record<Overlay, Mode>> = {
  '': { audit: 'audit', 'cluster-wide': 'enforce', 'opt-in': null },
  enforce: { audit: 'audit', 'cluster-wide': 'enforce', 'opt-in': 'enforce' },
  warn: { audit: 'audit', 'cluster-wide': 'warn', 'opt-in': 'warn' },
  audit: { audit: 'audit', 'cluster-wide': 'audit', 'opt-in': 'audit' },
  off: { audit: null, 'cluster-wide': null, 'opt-in': null },
  // A typing error must never lower what there was.
  enforced: { audit: 'audit', 'cluster-wide': 'enforce', 'opt-in': null },
  Warn: { audit: 'audit', 'cluster-wide': 'enforce', 'opt-in': null },
  '-': { audit: 'audit', 'cluster-wide': 'enforce', 'opt-in': null }
}

const REQUESTS = [
  { phase: 'mutate', operation: 'UPDATE', group: 'apps', resource: 'statefulsets' },
  { phase: 'mutate', operation: 'CREATE', group: '', resource: 'pods' },
  ...(['CREATE', 'UPDATE'] as const).flatMap((operation) =>
    (['daemonsets', 'deployments', 'replicasets', 'statefulsets'] as const).map(
      (resource) => ({ phase: 'validate', operation, group: 'apps', resource }) as const
    )
  )
] as const
type Request = (typeof REQUESTS)[number]

const SYSTEM = ['kube-system', 'kube-node-lease', 'holdfast-system']

/** The paths that are called; conditions on the object aside. */
function called(overlay: Overlay, request: Request, namespace: string, label: string): (string | undefined)[] {
  const labels: Record<string, string> = { 'kubernetes.io/metadata.name': namespace }
  if (label !== '') labels['holdfast.dev/mode'] = label
  return entriesOf(render(`overlays/${overlay}`))
    .filter((entry) => entry.phase === request.phase && ruleMatches(entry, request))
    .filter((entry) => selects(entry.namespaceSelector, labels))
    .map((entry) => entry.clientConfig.service?.path)
}

function ruleMatches(entry: Entry, { group, operation, resource }: Request): boolean {
  return (entry.rules ?? []).some(
    (rule) =>
      rule.apiGroups?.includes(group) && rule.operations?.includes(operation) && rule.resources?.includes(resource)
  )
}

function selects(selector: LabelSelector | undefined, labels: Record<string, string>): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'In') return value !== undefined && values.includes(value)
      if (operator === 'NotIn') return value === undefined || !values.includes(value)
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      throw new Error(`operator ${operator}`)
    })
  )
}

function pathFor(overlay: Overlay, phase: string, mode: Mode): string[] {
  if (mode === null) return []
  // Cluster-wide, the full entry has no ceiling of its own: the server's mode and the configuration decide.
  return overlay === 'cluster-wide' && mode === 'enforce' ? [`/${phase}`] : [`/${phase}/${mode}`]
}

for (const overlay of overlays) {
  t.test(`${overlay}: one call or none, by the namespace's label`, { skip }, async (t) => {
    for (const request of REQUESTS) {
      for (const [label, modes] of Object.entries(MODES)) {
        const expected = pathFor(overlay, request.phase, modes[overlay])
        const what = `${request.operation} ${request.resource}, ${request.phase}, label ${label || '(none)'}`
        t.same(called(overlay, request, 'monitoring', label), expected, what)
      }
    }
  })

  t.test(`${overlay}: no call for system namespaces, whatever their label`, { skip }, async (t) => {
    for (const request of REQUESTS) {
      for (const namespace of SYSTEM) {
        for (const label of Object.keys(MODES)) t.same(called(overlay, request, namespace, label), [], namespace)
      }
    }
  })
}

t.test('audit: no path leads anywhere else', { skip }, async (t) => {
  for (const entry of entriesOf(render('overlays/audit'))) t.match(entry.clientConfig.service?.path, /\/audit$/)
})

t.test('the README shows the same table', async (t) => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const rows = [...readme.matchAll(/^\| (none|`\w+`|anything else) \| (.+) \| (.+) \| (.+) \|$/gm)]
  const shown = rows.map(([, label, ...modes]) => [label, ...modes])
  const labels: Record<string, string> = { '': 'none', enforced: 'anything else' }
  const expected = ['', 'enforce', 'warn', 'audit', 'off', 'enforced'].map((label) => [
    labels[label] ?? `\`${label}\``,
    ...overlays.map((overlay) => MODES[label]?.[overlay] ?? '–')
  ])
  t.same(shown, expected)
})
