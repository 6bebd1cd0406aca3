import type { ConfiguredPolicy } from '../core/policy.ts'
import { didYouMean } from '../core/values/suggest.ts'
import { quote } from '../core/values/text.ts'
import { HoldfastError } from '../errors.ts'
import type { Configuration } from './configuration.ts'

/** Which policies one run is about, by their ids. */
export interface Selection {
  /** These and no others; undefined for all. */
  readonly only?: readonly string[]
  readonly exclude?: readonly string[]
}

/**
 * A configuration in which the policies that a run leaves out are off.
 *
 * @throws HoldfastError POLICY_UNKNOWN
 */
export function selected(configuration: Configuration, selection: Selection): Configuration {
  const { only, exclude } = selection
  if (only === undefined && exclude === undefined) return configuration
  for (const id of [...(only ?? []), ...(exclude ?? [])]) refuseUnknown(id, configuration)
  const lists = new WeakMap<object, ReturnType<Configuration['policiesFor']>>()
  return {
    ...configuration,
    policiesFor(namespace) {
      const all = configuration.policiesFor(namespace)
      const own =
        lists.get(all) ??
        all.map((configured) =>
          isLeftOut(configured.policy.id, selection) ? { ...configured, mode: 'off' } : configured
        )
      lists.set(all, own)
      return own
    },
    mayBeOn: (policy) => !isLeftOut(policy.id, selection) && configuration.mayBeOn(policy)
  }
}

/** Whether a policy is not asked, by its id. */
export function isLeftOut(id: string, { only, exclude }: Selection): boolean {
  return (only !== undefined && !only.includes(id)) || (exclude?.includes(id) ?? false)
}

function refuseUnknown(id: string, configuration: Configuration): void {
  const known = configuration.policiesFor('').map(({ policy }) => policy.id)
  if (known.includes(id)) return
  throw new HoldfastError('POLICY_UNKNOWN', `There is no policy ${quote(id)}${didYouMean(id, known)}`)
}

/** What a report says of the policies that were left out: the shorter of the two lists. */
export function selectionNotes(configuration: Configuration, selection: Selection): string[] {
  const { only, exclude } = selection
  if (only === undefined && exclude === undefined) return []
  const by = [...(only === undefined ? [] : ['--only']), ...(exclude === undefined ? [] : ['--exclude'])].join(' and ')
  const all = configuration.policiesFor('')
  const rest = all.filter(({ policy }) => !isLeftOut(policy.id, selection))
  const out = all.filter(({ policy }) => isLeftOut(policy.id, selection))
  const off = rest.filter(({ policy, mode }) => mode === 'off' && only?.includes(policy.id))
  return [
    out.length <= rest.length
      ? `Policies left out by ${by}: ${idsOf(out)}.`
      : `Policies evaluated, by ${by}: ${idsOf(rest) || 'none'}. All others are left out.`,
    ...(off.length === 0 ? [] : [`--only names policies whose mode is off: ${idsOf(off)}.`])
  ]
}

function idsOf(policies: readonly ConfiguredPolicy[]): string {
  return policies.map(({ policy }) => policy.id).join(', ')
}
