import type { Exemption } from '../core/exemption.ts'
import { lowest, type Mode } from '../core/mode.ts'
import { defaultsOf, type OptionFields, type OptionValues } from '../core/options.ts'
import type { ConfiguredPolicy, Policy } from '../core/policy.ts'
import { matchesGlob } from '../core/values/glob.ts'
import { type JsonObject, listOf, objectOf, own, textOf, textsOf } from '../core/values/json.ts'
import { type CheckSettings, checkSettingsFrom } from './check-settings.ts'
import { dayOf } from './day.ts'
import { warningsIn } from './warnings.ts'

/** Settings that were read and found valid. */
export interface Configuration {
  /** The policies as they are configured in a namespace. The same list for the same settings, so it costs nothing to ask. */
  policiesFor(namespace: string): readonly ConfiguredPolicy[]
  /** Whether a policy may be on in some namespace: where this is false, `policiesFor` has it off in all of them. */
  mayBeOn(policy: Policy): boolean
  /**
   * Settings that cannot act, each as one sentence without a full stop.
   *
   * @param now milliseconds since 1970, for exemptions that end
   */
  warningsAt(now: number): readonly string[]
  readonly check: CheckSettings
}

/** The configuration as it is without a file. */
export function defaultConfiguration(policies: readonly Policy[], ceiling: Mode = 'enforce'): Configuration {
  return configurationFrom({}, policies, ceiling)
}

/** The configuration of a file that was found valid. */
export function configurationFrom(file: JsonObject, policies: readonly Policy[], ceiling: Mode): Configuration {
  const exemptions = listOf(file.exemptions).map(objectOf)
  const overrides = listOf(file.namespaces).map(objectOf)
  const policiesWith = (layers: readonly JsonObject[]): readonly ConfiguredPolicy[] =>
    policies.map((policy) => configured(policy, [file, ...layers], ceiling, exemptions))
  const base = policiesWith([])
  const on = new Set<Policy>()
  // Several overrides together allow no more than the last of them that sets the mode, or the base: modes are ceilings.
  for (const list of [base, ...overrides.map((layer) => policiesWith([layer]))])
    for (const { policy, mode } of list) if (mode !== 'off') on.add(policy)
  // One list for each combination of overrides that some namespace has met.
  const lists = new Map<string, readonly ConfiguredPolicy[]>()
  return {
    policiesFor(namespace) {
      if (overrides.length === 0) return base
      const layers = overrides.filter(({ match }) => textsOf(match).some((pattern) => matchesGlob(pattern, namespace)))
      if (layers.length === 0) return base
      const key = layers.map((layer) => overrides.indexOf(layer)).join()
      const own = lists.get(key) ?? policiesWith(layers)
      lists.set(key, own)
      return own
    },
    mayBeOn: (policy) => on.has(policy),
    warningsAt: (now) => warningsIn(file, policies, now),
    check: checkSettingsFrom(file)
  }
}

/** @param layers settings from general to particular: fields of later ones win, modes of all are ceilings */
function configured(
  policy: Policy,
  layers: readonly JsonObject[],
  ceiling: Mode,
  exemptions: readonly JsonObject[]
): ConfiguredPolicy {
  const settings = layers.map((layer) => objectOf(own(objectOf(layer.policies), policy.id)))
  const { mode = policy.defaultMode, ...options } = Object.assign({}, ...settings) as { readonly mode?: Mode }
  const ceilings = layers.flatMap((layer) => (layer.mode === undefined ? [] : [layer.mode as Mode]))
  return {
    policy,
    mode: lowest(ceiling, mode, ...ceilings),
    options: { ...defaultsOf(policy.options), ...(options as OptionValues<OptionFields>) },
    exemptions: exemptions.flatMap((exemption, index) =>
      textsOf(exemption.policies).includes(policy.id) ? [exemptionFrom(exemption, index)] : []
    )
  }
}

function exemptionFrom({ namespaces, names, expires }: JsonObject, index: number): Exemption {
  const end = textOf(expires)
  return {
    index,
    namespaces: textsOf(namespaces),
    names: textsOf(names),
    expires: end === undefined ? undefined : dayOf(end)
  }
}
