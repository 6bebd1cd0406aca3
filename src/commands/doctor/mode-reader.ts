import { isMode, lowest, MODES, type Mode } from '../../core/mode.ts'
import { specOf } from '../../core/objects/metadata.ts'
import { containersOf } from '../../core/objects/pod.ts'
import { type JsonObject, listOf, objectOf, textOf, textsOf } from '../../core/values/json.ts'
import type { Evidence, Known } from '../../doctor/evidence.ts'
import { ceilingOf, type InstalledEntry } from '../../doctor/installed-entry.ts'
import { PROBED_POLICY } from '../../doctor/probe-pod.ts'
import { HoldfastError } from '../../errors.ts'
import type { Probe } from '../../kubernetes/probe.ts'
import { POLICIES } from '../../policies/index.ts'
import { readObject } from './readers.ts'

const KEY = 'config.yaml'

/** What the server would do in a namespace: as it reads its flags and its configuration. */
export async function modeReader(
  probe: Probe,
  namespace: string,
  deployment: JsonObject | undefined,
  entries: readonly InstalledEntry[]
): Promise<Evidence['modeIn']> {
  const config = await readConfiguration(probe, namespace, deployment)
  return (where, entry) => {
    const installed = entries.find(({ name }) => name === entry)
    const ceiling = lowest(installed === undefined ? 'enforce' : ceilingOf(installed), flagOf(deployment))
    // Lower than this, nothing can be seen, whatever the configuration says.
    if (ceiling === 'audit' || ceiling === 'off') return { value: ceiling }
    if (!('value' in config)) return config
    const policy = config.value.policiesFor(where).find((one) => one.policy.id === PROBED_POLICY)
    return { value: lowest(ceiling, policy?.mode ?? 'off') }
  }
}

async function readConfiguration(
  probe: Probe,
  namespace: string,
  deployment: JsonObject | undefined
): Promise<Known<ReturnType<typeof import('../../config/parse-configuration.ts').parseConfiguration>>> {
  const { parseConfiguration } = await import('../../config/parse-configuration.ts')
  const map = await readObject(probe, `/api/v1/namespaces/${namespace}/configmaps/${configMapOf(deployment)}`)
  if (!('value' in map)) return map
  if (map.value === undefined) return { unknown: 'there is no ConfigMap with the configuration' }
  try {
    const text = textOf(objectOf(map.value.data)[KEY]) ?? ''
    return { value: parseConfiguration(text, 'the ConfigMap', POLICIES) }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    // The server keeps the last good one, which nobody can read.
    return { unknown: 'the configuration in the ConfigMap is not valid, and the server keeps the last good one' }
  }
}

/** The ConfigMap that is mounted with the configuration in it. */
function configMapOf(deployment: JsonObject | undefined): string {
  const sources = volumesOf(deployment).flatMap((volume) => [
    volume.configMap,
    ...listOf(objectOf(volume.projected).sources).map((source) => objectOf(source).configMap)
  ])
  const found = sources.map(objectOf).find(({ items }) => listOf(items).some((item) => objectOf(item).key === KEY))
  return textOf(found?.name) ?? 'holdfast'
}

export function volumesOf(deployment: JsonObject | undefined): readonly JsonObject[] {
  const template = objectOf(deployment === undefined ? undefined : specOf(deployment).template)
  return listOf(specOf(template).volumes).map(objectOf)
}

function flagOf(deployment: JsonObject | undefined): Mode {
  const template = objectOf(deployment === undefined ? undefined : specOf(deployment).template)
  const said = containersOf(template).flatMap(({ object }) => [
    ...listOf(object.env)
      .map(objectOf)
      .filter(({ name }) => name === 'HOLDFAST_MODE')
      .map(({ value }) => value),
    ...textsOf(object.args).flatMap(
      (arg, at, all) => (arg === '--mode' ? all[at + 1] : /^--mode=(.*)$/.exec(arg)?.[1]) ?? []
    )
  ])
  // A flag wins over the variable.
  return said.filter(isMode).at(-1) ?? (MODES.at(-1) as Mode)
}
