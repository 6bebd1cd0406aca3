import { isMode, MODE_LABEL, MODES } from '../../core/mode.ts'
import { labelsOf, nameOfObject } from '../../core/objects/metadata.ts'
import type { JsonObject } from '../../core/values/json.ts'
import { closest } from '../../core/values/suggest.ts'
import { count, quote } from '../../core/values/text.ts'
import { type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { installedModeOf } from '../installed-mode.ts'
import type { InstalledMode } from '../shipped-entries.ts'

/** Whether the labels of namespaces say what somebody meant them to say. */
export function checkNamespaces({ namespaces, configurations, namespace: own }: Evidence): DoctorCheck {
  const id = 'namespaces'
  if (!('value' in namespaces)) {
    return { id, summary: '', findings: notRead('the labels of namespaces', 'list on Namespaces', namespaces) }
  }
  const entries = knownValue(configurations)?.entries ?? []
  const mode = entries.length === 0 ? undefined : installedModeOf(entries)
  const labelled = namespaces.value.filter((it) => Object.hasOwn(labelsOf(it), MODE_LABEL))
  const findings = [
    ...namespaces.value.flatMap((it) => [...ofKeys(it), ...ofValue(it, mode)]),
    ...ofEffect(namespaces.value, mode, own)
  ]
  return {
    id,
    summary: `${count(labelled.length, 'namespace')} of ${namespaces.value.length} with the label ${MODE_LABEL}`,
    findings
  }
}

/** Labels that look like ours and are not: another domain, other letters, a slip. */
function ofKeys(namespace: JsonObject): DoctorFinding[] {
  const name = nameOfObject(namespace)
  return Object.entries(labelsOf(namespace)).flatMap(([key, value]): DoctorFinding[] => {
    if (key === MODE_LABEL || !isNearMiss(key)) return []
    const wanted = isMode(value) ? value : 'MODE'
    return [
      {
        code: 'LABEL_KEY_UNKNOWN',
        message: `the namespace ${name} has the label ${quote(key)}, which nobody reads`,
        fix: `run "kubectl label namespace ${name} ${MODE_LABEL}=${wanted} ${key}-"`
      }
    ]
  })
}

function isNearMiss(key: string): boolean {
  const [domain = '', name] = key.includes('/') ? key.split('/') : ['', key]
  if (/^holdfast\b/i.test(domain)) return closest(name ?? '', ['mode']) !== undefined
  return closest(key, [MODE_LABEL]) !== undefined
}

/** Namespaces that no entry selects, whatever their labels are. */
const NEVER = ['kube-node-lease', 'kube-system']

function ofValue(namespace: JsonObject, mode: InstalledMode | undefined): DoctorFinding[] {
  const name = nameOfObject(namespace)
  const value = labelsOf(namespace)[MODE_LABEL]
  if (value === undefined) return []
  if (!isMode(value)) {
    const meant = closest(String(value), MODES)
    const instead =
      mode === 'opt-in' ? 'is not protected at all' : mode === 'audit' ? 'is in mode audit' : 'is in mode enforce'
    return [
      {
        code: 'LABEL_VALUE_UNKNOWN',
        message: `the namespace ${name} has the label ${MODE_LABEL}=${quote(value)}, which is no mode, and ${instead}`,
        fix: `run "kubectl label namespace ${name} ${MODE_LABEL}=${meant ?? 'enforce'} --overwrite"`
      }
    ]
  }
  return []
}

/** Many namespaces may have the same label for nothing: it is one finding. */
function ofEffect(
  namespaces: readonly JsonObject[],
  mode: InstalledMode | undefined,
  own: string
): readonly DoctorFinding[] {
  const useless = namespaces.flatMap((namespace) => {
    const name = nameOfObject(namespace)
    const value = labelsOf(namespace)[MODE_LABEL]
    const why = isMode(value) ? withoutEffect(value, mode, NEVER.includes(name) || name === own) : undefined
    return why === undefined ? [] : [{ name, why: `the label ${MODE_LABEL}=${value} has no effect: ${why}` }]
  })
  const others = mode === 'audit' ? ', or apply the overlay cluster-wide or opt-in' : ''
  return [...Map.groupBy(useless, ({ why }) => why)].map(([why, all]) => ({
    code: 'LABEL_WITHOUT_EFFECT',
    message: `${why} (${count(all.length, 'namespace')}: ${named(all.map(({ name }) => name))})`,
    fix: `run "kubectl label namespace ${all.map(({ name }) => name).join(' ')} ${MODE_LABEL}-"${others}`
  }))
}

const MOST_LISTED = 5

function named(names: readonly string[]): string {
  const more = names.length - MOST_LISTED
  return more > 0 ? `${names.slice(0, MOST_LISTED).join(', ')} and ${more} more` : names.join(', ')
}

function withoutEffect(value: string, mode: InstalledMode | undefined, isExcluded: boolean): string | undefined {
  if (value === 'off') return undefined
  if (isExcluded) return 'Holdfast is never called for this namespace'
  if (mode === 'audit' && value !== 'audit') return 'the mode that is installed is audit for every namespace'
  return undefined
}
