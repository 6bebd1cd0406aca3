import type { OptionField } from '../../core/options.ts'
import { type ConfiguredPolicy, isSetPolicy } from '../../core/policy.ts'
import { didYouMean } from '../../core/values/suggest.ts'
import { oneLine, wrap } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { configurationFile, loadConfiguration, settingsNotes } from '../configuration-file.ts'
import type { PoliciesFlags } from './flags.ts'

/** Lists the policies, or explains the one of an id. */
export async function showPolicies(id: string | undefined, { namespace, ...flags }: PoliciesFlags): Promise<void> {
  const config = await configurationFile(flags.config)
  const configuration = await loadConfiguration(config)
  const policies = configuration.policiesFor(namespace)
  process.stdout.write(id === undefined ? catalogue(policies) : explanation(policyNamed(policies, id)))
  for (const note of settingsNotes(configuration, config, Date.now())) process.stderr.write(`holdfast: ${note}\n`)
}

function policyNamed(policies: readonly ConfiguredPolicy[], id: string): ConfiguredPolicy {
  const found = policies.find(({ policy }) => policy.id === id)
  if (found !== undefined) return found
  const meant = didYouMean(
    id,
    policies.map(({ policy }) => policy.id)
  )
  throw new HoldfastError('POLICY_UNKNOWN', `There is no policy ${JSON.stringify(id)}${meant}`)
}

function catalogue(policies: readonly ConfiguredPolicy[]): string {
  const rows = policies.map(({ policy, mode }) => [policy.id, mode, kindsOf(policy), policy.summary])
  return table([['POLICY', 'MODE', 'SEES', 'WHAT IT KEEPS TRUE'], ...rows])
}

function explanation({ policy, mode, options, exemptions }: ConfiguredPolicy): string {
  const sees = isSetPolicy(policy)
    ? policy.reads.map(({ kind }) => `  ${kind}, together with the others, in check and scan`)
    : policy.matches.map(({ phase, operation, resource }) => `  ${resource.kind} ${operation}, ${phase} phase`)
  const settings: readonly (readonly [string, string, unknown, unknown, string])[] = [
    ['mode', 'off, audit, warn, enforce', mode, policy.defaultMode, 'The mode of this policy, up to the ceilings.'],
    ...Object.entries(policy.options).map(
      ([name, field]) => [name, choicesOf(field), options[name], field.default, field.description] as const
    )
  ]
  const lines = settings.flatMap(([name, choices, value, standard, description]) => [
    oneLine(
      `  ${name} = ${JSON.stringify(value)}${same(value, standard) ? '' : ` (default ${JSON.stringify(standard)})`}`
    ),
    `      ${choices}`,
    ...wrap(description, 100).map((line) => `      ${line}`)
  ])
  const exempted = exemptions.length === 0 ? [] : ['', `Exemptions: ${exemptions.length}, see the configuration file.`]
  const head = [policy.id, '', policy.summary, '', 'Sees:', ...sees, '', 'Settings in force:', ...lines]
  return `${[...head, ...exempted, '', `More: docs/policies/${policy.id}.md`].join('\n')}\n`
}

function kindsOf(policy: ConfiguredPolicy['policy']): string {
  if (isSetPolicy(policy)) return `together: ${policy.reads.map(({ kind }) => kind).join(', ')}`
  const { matches } = policy
  const kinds = Map.groupBy(matches, ({ resource }) => resource.kind)
  const operations = [...kinds].map(([kind, list]) => [kind, list.map(({ operation }) => operation).join('+')] as const)
  return [...Map.groupBy(operations, ([, what]) => what)]
    .map(([what, list]) => `${list.map(([kind]) => kind).join(', ')} ${what}`)
    .join('; ')
}

function choicesOf(field: OptionField): string {
  if (field.type === 'integer') return `integer ${field.minimum}-${field.maximum}`
  return field.type === 'array' ? 'list of strings' : field.enum.join(', ')
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
  return `${lines.join('\n')}\n`
}
