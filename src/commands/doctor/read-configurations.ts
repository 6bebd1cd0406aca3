import { annotationsOf, nameOfObject } from '../../core/objects/metadata.ts'
import { PHASES, type Phase } from '../../core/subject.ts'
import type { JsonObject } from '../../core/values/json.ts'
import type { Configurations, Known, OtherConfiguration } from '../../doctor/evidence.ts'
import { CONFIGURATION_KINDS, ENTRY_SUFFIX, entriesOf, serviceOf } from '../../doctor/installed-entry.ts'
import { collectionPath } from '../../kubernetes/list.ts'
import type { Probe } from '../../kubernetes/probe.ts'
import { readList, readObject } from './readers.ts'

/** What the manifests call them. */
const USUAL_NAME = 'holdfast'

interface OfPhase {
  readonly phase: Phase
  readonly chosen: JsonObject | undefined
  readonly others: Known<readonly OtherConfiguration[]>
}

/** The two webhook configurations that call this installation. */
export async function readConfigurations(probe: Probe, namespace: string): Promise<Known<Configurations>> {
  const found: OfPhase[] = []
  for (const phase of PHASES) {
    const one = await readOfPhase(probe, namespace, phase)
    if (!('value' in one)) return one
    found.push(one.value)
  }
  const nameIn = (wanted: Phase): string | undefined => {
    const chosen = found.find(({ phase }) => phase === wanted)?.chosen
    return chosen && nameOfObject(chosen)
  }
  const unread = found.map(({ others }) => others).find((others) => 'unknown' in others)
  return {
    value: {
      mutating: nameIn('mutate'),
      validating: nameIn('validate'),
      entries: found.flatMap(({ phase, chosen }) => (chosen === undefined ? [] : entriesOf(chosen, phase))),
      annotations: found.flatMap(({ chosen }) => (chosen === undefined ? [] : [annotationsOf(chosen)])),
      others: unread ?? { value: found.flatMap(({ others }) => ('value' in others ? others.value : [])) }
    }
  }
}

async function readOfPhase(probe: Probe, namespace: string, phase: Phase): Promise<Known<OfPhase>> {
  const path = pathFor(phase)
  const all = await readList(probe, path, CONFIGURATION_KINDS[phase])
  if ('value' in all) return { value: chosenOf(all.value, namespace, phase) }
  const named = await readObject(probe, `${path}/${USUAL_NAME}`)
  if (!('value' in named)) return named
  return { value: { phase, chosen: named.value, others: all } }
}

function pathFor(phase: Phase): string {
  const resource = `${CONFIGURATION_KINDS[phase].toLowerCase()}s`
  return collectionPath({ group: 'admissionregistration.k8s.io', version: 'v1', resource })
}

/** The one of the usual name first, where several call this namespace. */
function chosenOf(all: readonly JsonObject[], namespace: string, phase: Phase): OfPhase {
  const ours = all.filter((configuration) => callsOf(configuration, phase).length > 0)
  const calling = ours.filter((it) => callsOf(it, phase).some(({ isUrl, to }) => isUrl || to === namespace))
  const usual = calling.find((it) => nameOfObject(it) === USUAL_NAME)
  const chosen = usual ?? calling[0]
  const others = ours
    .filter((it) => it !== chosen)
    .map((it) => ({
      kind: CONFIGURATION_KINDS[phase],
      name: nameOfObject(it),
      isSameService: callsOf(it, phase).some(({ to }) => to === namespace)
    }))
  return { phase, chosen, others: { value: others } }
}

interface Call {
  readonly isUrl: boolean
  /** The namespace of the Service. */
  readonly to: unknown
}

/** What of Holdfast a configuration calls: by the names of its entries, or by the Service. */
function callsOf(configuration: JsonObject, phase: Phase): readonly Call[] {
  return entriesOf(configuration, phase)
    .filter((entry) => entry.name.endsWith(ENTRY_SUFFIX) || serviceOf(entry).name === USUAL_NAME)
    .map((entry) => ({ isUrl: serviceOf(entry).name === undefined, to: serviceOf(entry).namespace }))
}
