import type { Mode } from '../core/mode.ts'
import { hashOf } from '../core/values/canonical.ts'
import type { JsonObject } from '../core/values/json.ts'
import { REPOSITORY } from '../documentation.ts'
import { artifactUri } from './artifact-uri.ts'
import {
  type InvolvedObject,
  LEVELS,
  type Report,
  type ReportedFinding,
  type ReportedObject,
  type ReportedPolicy
} from './report.ts'
import { nameOfReported, pageOf, sentencesOf } from './sentences.ts'

/** GitHub code scanning rejects a run with more. It shows 5000 of them, the worst. */
export const MOST_SARIF_RESULTS = 25_000

/** What relative paths begin at: the root of the repository, wherever it was checked out. */
const ROOT = '%SRCROOT%'

/** SARIF 2.1.0, for code scanning: GitHub, GitLab, editors. */
export function sarifReport(report: Report): string {
  const { kept, leftOut } = worst(resultsOf(report))
  const run = {
    tool: { driver: driverOf(report) },
    invocations: [invocationOf(report, leftOut)],
    originalUriBaseIds: { [ROOT]: { description: { text: 'The directory in which holdfast was run.' } } },
    columnKind: 'utf16CodeUnits',
    results: kept
  }
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] }
  return `${JSON.stringify(log, null, 2)}\n`
}

function driverOf({ version, policies }: Report): JsonObject {
  return {
    name: 'Holdfast',
    semanticVersion: version,
    informationUri: REPOSITORY,
    rules: policies.map((policy) => ruleOf(policy, version))
  }
}

/** GitHub wants both descriptions and the help, in every rule. */
function ruleOf({ id, summary, mode }: ReportedPolicy, version: string): JsonObject {
  const page = pageOf(id, version)
  return {
    id,
    name: id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: plain(summary),
    fullDescription: plain(summary),
    help: { ...plain(`${summary} See ${page}`), markdown: `${summary} See [${id}](${page}).` },
    helpUri: page,
    defaultConfiguration: { enabled: mode !== 'off', level: LEVEL_IN[mode] }
  }
}

/**
 * A plain text message, in which `[text](uri)` is a link (SARIF 2.1.0, 3.11.6): label values and names of files stand in
 * ours, and none of them is to become one. Names of objects and fields are no messages and stay as they are.
 */
function plain(text: string): { readonly text: string } {
  return { text: text.replaceAll(/[\\[\]]/g, '\\$&') }
}

const LEVEL_IN: Readonly<Record<Mode, string>> = { enforce: 'error', warn: 'warning', audit: 'note', off: 'note' }

interface Result extends JsonObject {
  readonly level: ReportedFinding['level']
}

/** A crash is not about the object, so that it becomes a notification instead. */
function resultsOf({ policies, objects }: Report): Result[] {
  const indexes = new Map(policies.map(({ id }, index) => [id, index]))
  const met = new Map<string, number>()
  const results: Result[] = []
  for (const object of objects) {
    for (const finding of object.findings) {
      if (finding.outcome === 'crashed') continue
      results.push(resultOf(object, finding, indexes.get(finding.policy), fingerprintOf(object, finding, met)))
    }
  }
  return results
}

function resultOf(
  object: ReportedObject,
  finding: ReportedFinding,
  ruleIndex: number | undefined,
  fingerprint: string
): Result {
  const { policy, level, mode, outcome, field, involved = [] } = finding
  const subject = field === '' ? nameOfReported(object) : `${nameOfReported(object)}, ${field}`
  const template = object.location?.template
  return {
    ruleId: policy,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level,
    message: plain(`${sentencesOf(finding)} (${subject})`),
    locations: [{ physicalLocation: placeOf(object, finding), logicalLocations: logicalPlacesOf(object, finding) }],
    ...(involved.length > 0 && { relatedLocations: involved.map(relatedLocation) }),
    // The second name is the one that GitHub reads.
    partialFingerprints: { 'holdfastFinding/v1': fingerprint, primaryLocationLineHash: fingerprint },
    ...(outcome === 'skipped' && { suppressions: [SUPPRESSION] }),
    properties: { mode, outcome, ...(template !== undefined && { template }) }
  }
}

const SUPPRESSION = {
  kind: 'external',
  status: 'accepted',
  justification: 'Exempted by the annotation holdfast.dev/skip or by an exemption of the configuration.'
}

/**
 * GitHub rejects a whole report over one result without a file. What has none gets a path that stands for it, and that
 * no repository is likely to have: GitHub then shows the alert without a preview of code.
 */
function placeOf(
  { location, namespace, kind, name }: InvolvedObject,
  { line, column }: Pick<ReportedFinding, 'line' | 'column'>
): JsonObject {
  if (location === undefined) {
    const { uri } = artifactUri(['cluster-objects', namespace, kind, name].join('/'))
    const description = { text: 'An object of a cluster; there is no such file.' }
    return { artifactLocation: { uri, description }, region: { startLine: 1 } }
  }
  const startColumn = line === undefined ? location.column : column
  const region = { startLine: line ?? location.line, ...(startColumn !== undefined && { startColumn }) }
  if (location.file === '-') {
    return { artifactLocation: { uri: 'stdin', description: { text: 'Standard input.' } }, region }
  }
  const { uri, isRelative } = artifactUri(location.file)
  return { artifactLocation: { uri, ...(isRelative && { uriBaseId: ROOT }) }, region }
}

/** Numbered from 1, as SARIF wants the ids of related locations within a result. */
function relatedLocation(object: InvolvedObject, index: number): JsonObject {
  return {
    id: index + 1,
    message: plain(nameOfReported(object)),
    physicalLocation: placeOf(object, {}),
    logicalLocations: logicalPlacesOf(object, { field: '' })
  }
}

function logicalPlacesOf(
  { kind, namespace, name }: InvolvedObject,
  { field }: { readonly field: string }
): JsonObject[] {
  const object = [kind, ...(namespace === '' ? [] : [namespace]), name].join('/')
  const places = [{ name, fullyQualifiedName: object, kind: 'object' }]
  if (field === '') return places
  return [...places, { name: field, fullyQualifiedName: `${object}/${field}`, kind: 'property' }]
}

/**
 * Which finding this is, wherever it stands and whatever the values are. Two of one identity, as in an object that stands
 * twice in a file, are told apart by their order.
 */
function fingerprintOf(object: ReportedObject, finding: ReportedFinding, met: Map<string, number>): string {
  const { group, kind, namespace, name, location } = object
  const hash = hashOf({ policy: finding.policy, group, kind, namespace, name, identity: finding.identity })
  const key = `${hash} ${location?.file ?? ''}`
  const count = (met.get(key) ?? 0) + 1
  met.set(key, count)
  return `${hash}:${count}`
}

/** As many results as GitHub takes, the worst; in the order of the report where all of them have room. */
function worst(results: readonly Result[]): { kept: readonly Result[]; leftOut: number } {
  if (results.length <= MOST_SARIF_RESULTS) return { kept: results, leftOut: 0 }
  const kept = LEVELS.flatMap((level) => results.filter((result) => result.level === level)).slice(
    0,
    MOST_SARIF_RESULTS
  )
  return { kept, leftOut: results.length - MOST_SARIF_RESULTS }
}

function invocationOf(report: Report, leftOut: number): JsonObject {
  const { createdAt, problems, notes } = report
  const crashes = crashesOf(report)
  const more = `${leftOut} more results are left out, because GitHub takes ${MOST_SARIF_RESULTS} at the most.`
  return {
    executionSuccessful: problems.length === 0 && crashes.length === 0,
    startTimeUtc: createdAt,
    toolExecutionNotifications: [
      ...problems.map(({ where, line, code, message }) =>
        notification('error', `${where}${line === undefined ? '' : `:${line}`}: ${message}`, {
          descriptor: { id: code }
        })
      ),
      ...crashes,
      ...(leftOut > 0 ? [notification('warning', more)] : []),
      ...notes.map((note) => notification('note', note))
    ]
  }
}

function crashesOf({ policies, objects }: Report): JsonObject[] {
  return objects.flatMap((object) =>
    object.findings
      .filter(({ outcome }) => outcome === 'crashed')
      .map(({ policy, message }) => {
        const index = policies.findIndex(({ id }) => id === policy)
        const associatedRule = { id: policy, ...(index >= 0 && { index }) }
        return notification('error', `${nameOfReported(object)}: ${message}`, { associatedRule })
      })
  )
}

function notification(level: ReportedFinding['level'], text: string, more: JsonObject = {}): JsonObject {
  return { level, message: plain(text), ...more }
}
