import { MODES, type Mode } from '../core/mode.ts'
import type { Phase } from '../core/subject.ts'
import { type JsonObject, listOf, objectOf, textOf, textsOf } from '../core/values/json.ts'

/** An entry of a webhook configuration, as the API server has it. */
export interface InstalledEntry {
  readonly phase: Phase
  /** Of the webhook configuration. */
  readonly configuration: string
  readonly name: string
  readonly entry: JsonObject
}

export const CONFIGURATION_KINDS = {
  mutate: 'MutatingWebhookConfiguration',
  validate: 'ValidatingWebhookConfiguration'
} as const satisfies Record<Phase, string>

/** Every entry of ours ends in it. */
export const ENTRY_SUFFIX = '.holdfast.dev'

export function entriesOf(configuration: JsonObject, phase: Phase): readonly InstalledEntry[] {
  const name = textOf(objectOf(configuration.metadata).name) ?? ''
  return listOf(configuration.webhooks).map((item) => {
    const entry = objectOf(item)
    return { phase, configuration: name, name: textOf(entry.name) ?? '', entry }
  })
}

export function serviceOf({ entry }: InstalledEntry): JsonObject {
  return objectOf(objectOf(entry.clientConfig).service)
}

/** The mode that the path of an entry allows at the most. */
export function ceilingOf(entry: InstalledEntry): Mode {
  const { url } = objectOf(entry.entry.clientConfig)
  const path = textOf(url) ?? textOf(serviceOf(entry).path) ?? ''
  return MODES.find((mode) => path.endsWith(`/${mode}`)) ?? 'enforce'
}

/** In base64, as the API server has it; empty where there is none. */
export function caBundleOf({ entry }: InstalledEntry): string {
  return textOf(objectOf(entry.clientConfig).caBundle) ?? ''
}

/** Seconds after which the API server gives up. */
export function timeoutOf({ entry }: InstalledEntry): number {
  return typeof entry.timeoutSeconds === 'number' ? entry.timeoutSeconds : 10
}

/** Whether the API server calls it for new Pods. */
export function isForNewPods({ phase, entry }: InstalledEntry): boolean {
  if (phase !== 'mutate') return false
  return listOf(entry.rules)
    .map(objectOf)
    .some(
      ({ apiGroups, operations, resources }) =>
        textsOf(apiGroups).some((group) => group === '' || group === '*') &&
        textsOf(operations).some((operation) => operation === 'CREATE' || operation === '*') &&
        textsOf(resources).some((resource) => resource === 'pods' || resource === '*')
    )
}
