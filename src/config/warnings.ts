import type { Mode } from '../core/mode.ts'
import type { Policy } from '../core/policy.ts'
import { type JsonObject, listOf, objectOf, own, textOf } from '../core/values/json.ts'
import { fieldPath, type Path } from '../core/values/path.ts'
import { dayOf } from './day.ts'

/**
 * Settings that are valid and cannot act, each as one sentence without a full stop that begins with the field's path.
 *
 * @param file a configuration that was found valid
 * @param now milliseconds since 1970
 */
export function warningsIn(file: JsonObject, policies: readonly Policy[], now: number): string[] {
  return [...expired(file, now), ...policies.flatMap((policy) => unenforced(file, policy))]
}

function expired({ exemptions }: JsonObject, now: number): string[] {
  return listOf(exemptions).flatMap((exemption, index) => {
    const day = textOf(objectOf(exemption).expires)
    if (day === undefined || now < dayOf(day)) return []
    return [`exemptions[${index}].expires: ${day} has come, and the exemption no longer counts`]
  })
}

/** Settings of a policy, in the file itself or for some namespaces. */
interface Layer {
  readonly path: Path
  readonly settings: JsonObject
}

/**
 * Choices that refuse or repair, for a policy whose mode does neither. Only the policy's own mode counts: a ceiling over
 * all policies is a rehearsal, in which every report says what would be refused or repaired.
 */
function unenforced(file: JsonObject, policy: Policy): string[] {
  const [base, ...overrides] = layersOf(file, policy.id) as [Layer, ...Layer[]]
  const choices = Object.entries(policy.options).flatMap(([name, field]) =>
    field.type === 'string' ? [[name, field.enforcedOnly ?? []] as const] : []
  )
  return choices.flatMap(([name, enforcedOnly]) =>
    [base, ...overrides].flatMap((layer) => {
      const choice = layer.settings[name]
      if (typeof choice !== 'string' || !enforcedOnly.includes(choice)) return []
      const mode = modeIn(layer) ?? modeIn(base) ?? policy.defaultMode
      // Namespaces may meet several overrides, and then the mode may come from another one.
      const others = overrides.filter(({ settings }) => settings !== layer.settings && settings[name] === undefined)
      if ([mode, ...others.map(modeIn)].includes('enforce')) return []
      return [
        `${fieldPath([...layer.path, name])}: ${choice} takes mode enforce, and the mode of the policy is ${mode}`
      ]
    })
  )
}

function layersOf(file: JsonObject, id: string): Layer[] {
  const settingsOf = ({ policies }: JsonObject): JsonObject => objectOf(own(objectOf(policies), id))
  const overrides = listOf(file.namespaces).map((layer, index) => ({
    path: ['namespaces', index, 'policies', id],
    settings: settingsOf(objectOf(layer))
  }))
  return [{ path: ['policies', id], settings: settingsOf(file) }, ...overrides]
}

function modeIn({ settings }: Layer): Mode | undefined {
  return settings.mode as Mode | undefined
}
