import { MODE_LABEL } from '../core/mode.ts'
import { type MatchCondition, matchConditionsFor } from '../core/programs/match-conditions.ts'
import type { Match, Phase } from '../core/subject.ts'
import { POLICIES } from '../policies/index.ts'

/** The webhook entries that this version ships; a test compares them with what kustomize renders. */

/** The ways to install, which are the overlays. */
export const INSTALLED_MODES = ['audit', 'cluster-wide', 'opt-in'] as const

export type InstalledMode = (typeof INSTALLED_MODES)[number]

export const NAME_LABEL = 'kubernetes.io/metadata.name'

export interface EntryRule {
  readonly apiGroups: readonly string[]
  readonly apiVersions: readonly string[]
  readonly operations: readonly string[]
  readonly resources: readonly string[]
  readonly scope: 'Namespaced'
}

export interface LabelExpression {
  readonly key: string
  readonly operator: 'In' | 'NotIn'
  readonly values: readonly string[]
}

export interface ShippedEntry {
  readonly phase: Phase
  readonly name: string
  readonly path: string
  readonly rules: readonly EntryRule[]
  readonly matchConditions: readonly MatchCondition[]
  readonly expressions: readonly LabelExpression[]
  /** Fields with one value each. */
  readonly fields: Readonly<Record<string, unknown>>
}

interface EntryKind {
  readonly phase: Phase
  readonly name: string
  readonly rules: readonly EntryRule[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
}

function rule(apiGroup: string, apiVersion: string, operations: string[], resources: string[]): EntryRule {
  return { apiGroups: [apiGroup], apiVersions: [apiVersion], operations, resources, scope: 'Namespaced' }
}

const WRITES = ['CREATE', 'UPDATE']

const ENTRY_KINDS: readonly EntryKind[] = [
  {
    phase: 'mutate',
    name: 'statefulsets.mutate.holdfast.dev',
    rules: [rule('apps', 'v1', ['UPDATE'], ['statefulsets'])],
    reinvocationPolicy: 'Never'
  },
  {
    phase: 'mutate',
    name: 'pods.mutate.holdfast.dev',
    rules: [rule('', 'v1', ['CREATE'], ['pods'])],
    reinvocationPolicy: 'IfNeeded'
  },
  {
    phase: 'validate',
    name: 'workloads.validate.holdfast.dev',
    rules: [rule('apps', 'v1', WRITES, ['daemonsets', 'deployments', 'replicasets', 'statefulsets'])]
  },
  {
    phase: 'validate',
    name: 'operator.validate.holdfast.dev',
    rules: [
      rule('monitoring.coreos.com', 'v1', WRITES, ['alertmanagers', 'prometheuses', 'thanosrulers']),
      rule('monitoring.coreos.com', 'v1alpha1', WRITES, ['prometheusagents'])
    ]
  }
]

/** Each entry is there three times: for namespaces in general, and for those labelled `warn` and `audit`. */
const PREFIXES = ['', 'warn.', 'audit.'] as const

/** @param namespace of the installation, which no entry selects */
export function shippedEntries(mode: InstalledMode, namespace: string): readonly ShippedEntry[] {
  return ENTRY_KINDS.flatMap(({ phase, name, rules, reinvocationPolicy }) =>
    PREFIXES.map((prefix) => ({
      phase,
      name: `${prefix}${name}`,
      path: pathFor(mode, phase, prefix),
      rules,
      matchConditions: matchConditionsFor(matchesOfRules(rules, phase)),
      expressions: [
        { key: NAME_LABEL, operator: 'NotIn' as const, values: [namespace, 'kube-node-lease', 'kube-system'] },
        labelled(mode, prefix)
      ],
      fields: {
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Ignore',
        matchPolicy: 'Equivalent',
        objectSelector: {},
        sideEffects: 'None',
        timeoutSeconds: 5,
        ...(reinvocationPolicy && { reinvocationPolicy })
      }
    }))
  )
}

function pathFor(mode: InstalledMode, phase: Phase, prefix: (typeof PREFIXES)[number]): string {
  if (mode === 'audit' || prefix === 'audit.') return `/${phase}/audit`
  if (prefix === 'warn.') return `/${phase}/warn`
  return mode === 'opt-in' ? `/${phase}/enforce` : `/${phase}`
}

function labelled(mode: InstalledMode, prefix: (typeof PREFIXES)[number]): LabelExpression {
  if (prefix !== '') return { key: MODE_LABEL, operator: 'In', values: [prefix.slice(0, -1)] }
  if (mode === 'opt-in') return { key: MODE_LABEL, operator: 'In', values: ['enforce'] }
  return { key: MODE_LABEL, operator: 'NotIn', values: ['warn', 'audit', 'off'] }
}

/** What of the catalogue the rules of an entry let through. */
export function matchesOfRules(
  rules: readonly Pick<EntryRule, 'apiGroups' | 'operations' | 'resources'>[],
  phase: Phase
): readonly Match[] {
  const lets = ({ operation, resource: { group, resource } }: Match): boolean =>
    rules.some(
      ({ apiGroups, operations, resources }) =>
        apiGroups.includes(group) && operations.includes(operation) && resources.includes(resource)
    )
  return POLICIES.flatMap(({ matches }) => matches.filter((match) => match.phase === phase && lets(match)))
}
