import type { OptionField } from '../../core/options.ts'
import { type ConfiguredPolicy, isSetPolicy } from '../../core/policy.ts'
import { pageAt } from '../../documentation.ts'

/** A policy with its settings in force, as every output of `holdfast policies` shows it. */
export interface DescribedPolicy {
  readonly id: string
  readonly summary: string
  readonly mode: string
  readonly defaultMode: string
  /** What it looks at: "StatefulSet CREATE+UPDATE". */
  readonly sees: readonly string[]
  /** The same, one by one: "StatefulSet UPDATE, mutate phase". */
  readonly reviews: readonly string[]
  /** The mode among them. */
  readonly settings: readonly DescribedSetting[]
  /** How many exemptions name it. */
  readonly exemptions: number
  /** The page, from the root of the repository. */
  readonly documentation: string
}

export interface DescribedSetting {
  readonly name: string
  /** In words: "integer 5-600", "reject, restore". */
  readonly values: string
  readonly value: unknown
  readonly default: unknown
  readonly description: string
}

export function describedPolicy({ policy, mode, options, exemptions }: ConfiguredPolicy): DescribedPolicy {
  const { id, summary, defaultMode } = policy
  return {
    id,
    summary,
    mode,
    defaultMode,
    sees: seenBy(policy),
    reviews: isSetPolicy(policy)
      ? policy.reads.map(({ kind }) => `${kind}, together with the others, in check and scan`)
      : policy.matches.map(({ phase, operation, resource }) => `${resource.kind} ${operation}, ${phase} phase`),
    settings: [
      {
        name: 'mode',
        values: 'off, audit, warn, enforce',
        value: mode,
        default: defaultMode,
        description: 'The mode of this policy, up to the ceilings.'
      },
      ...Object.entries(policy.options).map(([name, field]) => ({
        name,
        values: choicesOf(field),
        value: options[name],
        default: field.default,
        description: field.description
      }))
    ],
    exemptions: exemptions.length,
    documentation: pageAt(`docs/policies/${id}.md`)
  }
}

function seenBy(policy: ConfiguredPolicy['policy']): string[] {
  if (isSetPolicy(policy)) return [`together: ${policy.reads.map(({ kind }) => kind).join(', ')}`]
  const { matches } = policy
  const kinds = Map.groupBy(matches, ({ resource }) => resource.kind)
  const operations = [...kinds].map(([kind, list]) => [kind, list.map(({ operation }) => operation).join('+')] as const)
  return [...Map.groupBy(operations, ([, what]) => what)].map(
    ([what, list]) => `${list.map(([kind]) => kind).join(', ')} ${what}`
  )
}

function choicesOf(field: OptionField): string {
  if (field.type === 'integer') return `integer ${field.minimum}-${field.maximum}`
  return field.type === 'array' ? 'list of strings' : field.enum.join(', ')
}
