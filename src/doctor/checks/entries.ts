import { canonical } from '../../core/values/canonical.ts'
import { type JsonObject, listOf, objectOf, textOf, textsOf } from '../../core/values/json.ts'
import { quote } from '../../core/values/text.ts'
import { pageAt } from '../../documentation.ts'
import { type Evidence, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorCode, DoctorFinding } from '../finding.ts'
import { CONFIGURATION_KINDS, type InstalledEntry, serviceOf } from '../installed-entry.ts'
import { installedModeOf } from '../installed-mode.ts'
import { type LabelExpression, NAME_LABEL, type ShippedEntry, shippedEntries } from '../shipped-entries.ts'

const APPLY = 'run "kubectl apply -k" with the overlay of this version, or "helm upgrade"'

/** Whether each webhook entry is what this version ships for the mode that is installed. */
export function checkEntries(evidence: Evidence): DoctorCheck {
  const { configurations, namespace, version } = evidence
  const id = 'entries'
  if (!('value' in configurations)) {
    const findings = notRead('the webhook entries', 'get and list on the webhook configurations', configurations)
    return { id, summary: '', findings }
  }
  const { entries } = configurations.value
  const mode = installedModeOf(entries)
  if (entries.length === 0) return { id, summary: 'no entries', findings: [] }
  const shipped = shippedEntries(mode, namespace)
  const called = { name: mostFrequent(entries.map((entry) => textOf(serviceOf(entry).name))), namespace }
  const findings = [
    ...shipped.flatMap((wanted) => {
      const there = entries.find(({ name, phase }) => name === wanted.name && phase === wanted.phase)
      return there === undefined ? [missing(wanted, mode)] : differences(wanted, there, called)
    }),
    ...entries
      .filter(({ name, phase }) => !shipped.some((wanted) => wanted.name === name && wanted.phase === phase))
      .map(unknownEntry)
  ]
  return { id, summary: `${shipped.length} entries of ${version} for the mode ${mode}`, findings: grouped(findings) }
}

/** Entries that differ in the same way are one finding: a changed manifest changes all of them. */
interface EntryFinding extends DoctorFinding {
  readonly entry: string
}

function grouped(findings: readonly EntryFinding[]): DoctorFinding[] {
  const groups = Map.groupBy(findings, ({ code, message, fix }) => [code, message, fix].join('\n'))
  return [...groups.values()].map((all) => {
    const { code, message, fix } = all[0] as EntryFinding
    const names = all.map(({ entry }) => entry)
    const named =
      names.length > MOST_NAMED
        ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
        : names.join(', ')
    return { code, message: `${named}: ${message}`, fix }
  })
}

const MOST_NAMED = 3

function missing({ name, rules }: ShippedEntry, mode: string): EntryFinding {
  const what = [...new Set(rules.flatMap(({ resources }) => resources))].join(', ')
  return {
    entry: name,
    code: 'ENTRY_MISSING',
    message: `the entry is missing, so the API server does not call Holdfast for ${what} where it would apply`,
    fix: `${APPLY} (the mode that is installed is ${mode})`
  }
}

function unknownEntry({ name, phase, configuration }: InstalledEntry): EntryFinding {
  const kind = CONFIGURATION_KINDS[phase].toLowerCase()
  return {
    entry: name,
    code: 'ENTRY_UNKNOWN',
    message: 'this version ships no such entry; it may be left of another version, and is still in force',
    fix: `if no other program needs it, run "kubectl patch ${kind} ${configuration} -p '{"webhooks":[{"$patch":"delete","name":"${name}"}]}'"`
  }
}

/** The Service of this installation. */
interface Called {
  readonly name: string | undefined
  readonly namespace: string
}

function mostFrequent(names: readonly (string | undefined)[]): string | undefined {
  const groups = [...Map.groupBy(names, (name) => name)]
  return groups.sort(([, one], [, other]) => other.length - one.length)[0]?.[0]
}

function differences(wanted: ShippedEntry, there: InstalledEntry, called: Called): EntryFinding[] {
  const say = (code: DoctorCode, message: string, fix = APPLY): EntryFinding => ({
    entry: wanted.name,
    code,
    message,
    fix
  })
  const { entry } = there
  return [
    ...rulesDiffer(wanted, entry).map((message) => say('RULES_CHANGED', message)),
    ...conditionsDiffer(wanted, entry).map((message) => say('CONDITIONS_CHANGED', message)),
    ...selectorsDiffer(wanted, entry).map((message) => say('SELECTOR_CHANGED', message)),
    ...endpointDiffers(wanted, there, called).map(([code, message]) => say(code, message)),
    ...fieldsDiffer(wanted, entry).map(({ code, message, fix }) => say(code, message, fix))
  ]
}

function rulesDiffer({ rules }: ShippedEntry, entry: JsonObject): string[] {
  const sortedRule = (rule: JsonObject): string =>
    canonical(
      Object.fromEntries(
        Object.entries({ scope: '*', ...rule }).map(([key, value]) => [
          key,
          Array.isArray(value) ? [...value].sort() : value
        ])
      )
    )
  const there = listOf(entry.rules).map((rule) => sortedRule(objectOf(rule)))
  const wanted = rules.map((rule) => sortedRule({ ...rule }))
  if (canonical([...there].sort()) === canonical([...wanted].sort())) return []
  return [`rules are ${inWords(entry.rules)}, and this version ships ${inWords(rules)}`]
}

function inWords(rules: unknown): string {
  const words = listOf(rules).map((rule) => {
    const { operations, resources } = objectOf(rule)
    return `${textsOf(operations).join('/')} of ${textsOf(resources).join(', ')}`
  })
  return words.length === 0 ? 'none' : quote(words.join('; '))
}

/** Folded scalars and editors break lines as they like. */
function expressionText(expression: unknown): string {
  return (textOf(expression) ?? '').replace(/\s+/g, ' ').trim()
}

function conditionsDiffer({ matchConditions }: ShippedEntry, entry: JsonObject): string[] {
  const there = new Map(
    listOf(entry.matchConditions)
      .map(objectOf)
      .map(({ name, expression }) => [textOf(name) ?? '', expressionText(expression)])
  )
  const shipped = new Map(matchConditions.map(({ name, expression }) => [name, expressionText(expression)]))
  const lost = [...shipped.keys()].filter((name) => !there.has(name))
  const changed = [...shipped]
    .filter(([name, text]) => there.has(name) && there.get(name) !== text)
    .map(([name]) => name)
  const added = [...there.keys()].filter((name) => !shipped.has(name))
  return [
    ...lost.map((name) => `the condition ${name} is missing, so that the API server calls for more than it has to`),
    ...changed.map((name) => `the condition ${name} is not that of this version`),
    ...added.map((name) => `the condition ${quote(name)} is not of this version, and may keep calls from Holdfast`)
  ]
}

/** Azure's admission enforcer adds expressions with these keys to every webhook configuration. */
const ADDED_BY_PROVIDERS = ['control-plane', 'kubernetes.azure.com/managedby']

/** More namespaces may be left out by their name, which is how an operator leaves one out. */
function selectorsDiffer({ expressions }: ShippedEntry, entry: JsonObject): string[] {
  const selector = objectOf(entry.namespaceSelector)
  const there = listOf(selector.matchExpressions).map(objectOf)
  const labels = Object.keys(objectOf(selector.matchLabels))
  const known = [...expressions.map(({ key }) => key), ...ADDED_BY_PROVIDERS]
  const added = there.filter(({ key }) => !known.includes(textOf(key) ?? ''))
  return [
    ...expressions.flatMap((wanted) => {
      const same = there.some((expression) => isExpression(expression, wanted))
      return same ? [] : [`namespaceSelector has not "${wanted.key} ${wanted.operator} ${wanted.values.join(', ')}"`]
    }),
    ...[...added.map(({ key }) => String(key)), ...labels].map(
      (key) => `namespaceSelector also asks for ${quote(key)}, and leaves out each namespace that does not have it`
    )
  ]
}

function isExpression({ key, operator, values }: JsonObject, wanted: LabelExpression): boolean {
  if (key !== wanted.key || operator !== wanted.operator) return false
  const there = textsOf(values)
  if (wanted.key === NAME_LABEL) return wanted.values.every((value) => there.includes(value))
  return canonical([...there].sort()) === canonical([...wanted.values].sort())
}

function endpointDiffers({ path }: ShippedEntry, there: InstalledEntry, called: Called): [DoctorCode, string][] {
  const { url } = objectOf(there.entry.clientConfig)
  if (typeof url === 'string') {
    const message = 'it calls a URL and no Service, so that Kubernetes does not know its Pods'
    return url.endsWith(path) ? [['ENDPOINT_CHANGED', message]] : [['PATH_CHANGED', pathMessage(url, path)]]
  }
  const service = serviceOf(there)
  const isSame = service.name === called.name && service.namespace === called.namespace
  const where = `${String(service.namespace)}/${String(service.name)}`
  const present = textOf(service.path) ?? ''
  return [
    ...(isSame
      ? []
      : [['ENDPOINT_CHANGED', `it calls another Service than the other entries, ${where}`] as [DoctorCode, string]]),
    ...(present === path ? [] : [['PATH_CHANGED', pathMessage(present, path)] as [DoctorCode, string]])
  ]
}

function pathMessage(called: string, path: string): string {
  return `it calls ${quote(called)}, and this version answers this entry at ${path}`
}

interface FieldFinding {
  readonly code: DoctorCode
  readonly message: string
  readonly fix: string
}

function fieldsDiffer({ fields }: ShippedEntry, entry: JsonObject): FieldFinding[] {
  return Object.entries(fields).flatMap(([field, wanted]) => {
    const value = entry[field] ?? (field === 'objectSelector' ? {} : undefined)
    if (canonical(value) === canonical(wanted)) return []
    if (field === 'failurePolicy') return [FAIL]
    const shown = typeof value === 'object' ? canonical(value) : String(value)
    const message = `${field} is ${quote(shown)}, and this version ships ${quote(typeof wanted === 'object' ? canonical(wanted) : wanted)}`
    return [{ code: 'ENTRY_CHANGED' as const, message, fix: APPLY }]
  })
}

const FAIL: FieldFinding = {
  code: 'FAILURE_POLICY_FAIL',
  message:
    'failurePolicy is Fail: while Holdfast does not answer, the API server refuses every object that the entry matches, and a Pod of the Prometheus stack cannot start',
  fix: `set failurePolicy to Ignore, or run three replicas and alert on apiserver_admission_webhook_rejection_count (${pageAt('docs/failure-policy.md')})`
}
