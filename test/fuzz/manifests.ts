import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { valuesIn } from '../../src/inventory/yaml/parse.ts'
import { FORMATS, loadFormat } from '../../src/report/formats.ts'
import { SCRIPT, STYLE } from '../../src/report/html/assets.ts'
import { POLICY_REPORT_APIS, policyReportsOf } from '../../src/report/policy-report/policy-report.ts'
import type { Report, ReportedFinding } from '../../src/report/report.ts'
import { checkReport, cleanReport, hostileReport, scanReport } from '../fixtures/reports.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'
import { holdfast } from '../helpers/command.ts'
import { faultsIn, faultsInJson } from '../helpers/harmless.ts'
import { Random } from '../helpers/random.ts'
import { parseXml } from '../helpers/xml.ts'
import type { ManifestCase, TextCase } from './cases.ts'
import { checked } from './check.ts'
import { SEEDS } from './seeds.ts'
import { faultsInCommand, faultsInSentence } from './shell.ts'
import type { Tally } from './tally.ts'
import { oddYaml } from './yaml.ts'

/** How much of what takes long is looked at. */
export interface Depth {
  /** Every format of the report. */
  readonly formats: boolean
  /** The command, with a file. */
  readonly command: boolean
}

/** What is wrong with what `check` says of objects in a file; empty where nothing is. */
export async function faultsOfManifests(given: ManifestCase, depth: Depth, tally: Tally): Promise<string[]> {
  const random = new Random(given.style)
  const json = given.objects.map((object) => JSON.stringify(object)).join('\n---\n')
  const yaml = oddYaml(random, given.objects)
  const before = given.previous.length === 0 ? undefined : oddYaml(random, given.previous)
  const faults = faultsOfReading(given, yaml)
  const [ofJson, ofYaml] = [await checked(json, before), await checked(yaml, before)]
  tally.add('manifests')
  if (ofJson.report.objects.length > 0) tally.add('manifests with findings')
  const [said, other] = [withoutPlaces(ofJson.report), withoutPlaces(ofYaml.report)]
  // An object behind an alias is checked once, and a note says so.
  const isOnce = ofYaml.report.notes.some((note) => note.endsWith('are checked once'))
  if (said !== other && !isOnce) faults.push(`differential: ${firstDifference(said, other)}\n${yaml}`)
  return [
    ...faults,
    ...faultsOfReport(ofYaml.report),
    ...faultsOfPlan(ofYaml.plan),
    ...(depth.formats ? await faultsOfFormats(ofYaml.report, ofYaml.plan) : []),
    ...(depth.command ? await faultsOfCommand(yaml) : [])
  ]
}

/** What is wrong with what `check` says of a text that may be no YAML at all. */
export async function faultsOfText({ text }: TextCase, depth: Depth, tally: Tally): Promise<string[]> {
  const { report, plan } = await checked(text, undefined)
  tally.add('texts')
  if (report.problems.length > 0) tally.add('texts that cannot be read')
  return [
    ...faultsOfReport(report),
    ...faultsOfPlan(plan),
    ...(depth.formats ? await faultsOfFormats(report, plan) : []),
    ...(depth.command ? await faultsOfCommand(text) : [])
  ]
}

/** The text has to be read as the values that it was written from. */
function faultsOfReading({ objects }: ManifestCase, yaml: string): string[] {
  if (objects.length > 1) return []
  const [read] = valuesIn(yaml.replace(/^\ufeff/, '').replace(/^---\r?\n/, ''))
  return isDeepStrictEqual(read?.value, objects[0]) ? [] : [`reading: another value\n${yaml}`]
}

/** Where something stands differs between two spellings, and nothing else does. */
function withoutPlaces(report: Report): string {
  const named = ({ line: _, column: __, frame: ___, ...finding }: ReportedFinding): object => {
    const { involved = [] } = finding
    return { ...finding, involved: involved.map(({ location: _, ...rest }) => rest) }
  }
  const objects = report.objects.map(({ location: _, findings, ...object }) => ({
    ...object,
    findings: findings.map(named)
  }))
  const problems = report.problems.map(({ code, message }) => ({ code, message: message.replaceAll(/:\d+/g, '') }))
  const notes = report.notes.map((note) => note.replaceAll(/:\d+/g, ''))
  return JSON.stringify({ objects, problems, notes, checked: report.checked }, null, 1)
}

function firstDifference(one: string, other: string): string {
  const [lines, others] = [one.split('\n'), other.split('\n')]
  const at = lines.findIndex((line, index) => line !== others[index])
  return `${lines[at]} is not ${others[at]}`
}

const STACK = /\n\s+at |node:internal|\.[jt]s:\d+:\d+/

function faultsOfReport({ objects, problems, notes }: Report): string[] {
  const faults: string[] = []
  for (const { findings } of objects) {
    for (const { outcome, message, policy, remediation = '' } of findings) {
      if (outcome === 'crashed') faults.push(`crash: ${policy}: ${message}`)
      for (const fault of faultsInSentence(remediation)) faults.push(`recipe: ${fault}`)
    }
  }
  for (const { code, message } of problems) {
    if (!Object.hasOwn(ERRORS, code as ErrorCode)) faults.push(`problem: ${code}`)
    if (STACK.test(message) || !message.endsWith(`[${code}]`)) faults.push(`problem: ${message}`)
  }
  for (const fault of [...faultsInJson(notes), ...faultsInJson(problems)]) faults.push(`text: ${fault}`)
  return faults
}

const FENCED = /^(`{3,})sh\n(.*?)\n\1$/gms

function faultsOfPlan(plan: string): string[] {
  const commands = [...plan.matchAll(FENCED)].flatMap(([, , text = '']) => text.split('\n'))
  return [...commands.flatMap(faultsInCommand), ...faultsIn(plan)].map((fault) => `recipe: ${fault}`)
}

/** A text without what is ours in it: style, script, and workflow commands at the beginning of a line. */
function foreignIn(text: string): string {
  return text
    .replace(STYLE, '')
    .replace(SCRIPT, '')
    .replaceAll(/^::(?:error|warning|notice) (?:(?:file|line|col|title)=[^:,]*,?)+::/gm, '')
}

/** Tags without the values of their attributes. */
function tagsIn(page: string): Set<string> {
  return new Set([...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""')))
}

let known: ReadonlySet<string> | undefined

/** The tags of pages about reports that have everything in them, and nothing hostile. */
async function knownTags(): Promise<ReadonlySet<string>> {
  if (known !== undefined) return known
  const write = await loadFormat('html')
  const harmless = Array.from({ length: 11 }, (_, index) => `a/text.${index}`)
  const texts = (part: 'object' | 'before'): string =>
    SEEDS.flatMap((seed, index) => (seed[part] ? [JSON.stringify(named(seed[part], index))] : [])).join('\n---\n')
  const { report, plan } = await checked(texts('object'), texts('before'))
  const reports = [hostileReport(harmless), checkReport(), scanReport(), cleanReport(), report]
  const pages = reports.flatMap((one) =>
    [undefined, plan].map((upgradePlan) => write(one, { colour: false, width: 80, upgradePlan }))
  )
  // One that says little lies open.
  known = new Set(pages.flatMap((page) => [...tagsIn(foreignIn(page)), '<details id="" open>']))
  return known
}

/** Each by itself, so that it is compared with its own. */
function named(object: JsonObject, index: number): JsonObject {
  return { ...object, metadata: { ...objectOf(object.metadata), name: `seed-${index}` } }
}

async function faultsOfFormats(report: Report, upgradePlan: string): Promise<string[]> {
  const faults: string[] = []
  for (const { name } of FORMATS) {
    const write = await loadFormat(name)
    const text = write(report, { colour: false, width: 80, failOn: 'warn', upgradePlan })
    for (const fault of faultsIn(foreignIn(text))) faults.push(`format ${name}: ${fault}`)
    if (name === 'json' || name === 'sarif') JSON.parse(text)
    if (name === 'junit') parseXml(text)
    if (name === 'html') {
      const tags = await knownTags()
      for (const tag of tagsIn(foreignIn(text))) if (!tags.has(tag)) faults.push(`format html: the tag ${tag}`)
    }
  }
  for (const api of Object.keys(POLICY_REPORT_APIS) as (keyof typeof POLICY_REPORT_APIS)[]) {
    const made = [...policyReportsOf(report, api).values()].map((make) => make())
    for (const fault of faultsInJson(made)) faults.push(`format ${api}: ${fault}`)
  }
  return faults
}

let directory: string | undefined

/** The whole command: it ends with 0, 1 or 2 and a sentence. */
async function faultsOfCommand(text: string): Promise<string[]> {
  directory ??= temporaryDirectory()
  const file = join(directory, 'case.yaml')
  writeFileSync(file, text)
  const { stdout, stderr, code } = await holdfast('check', '-o', 'text', file)
  const faults: string[] = []
  if (code !== 0 && code !== 1 && code !== 2) faults.push(`command: exit code ${code}`)
  if (code === 2 && !/\[[A-Z_]+\]/.test(stdout + stderr)) faults.push('command: exit code 2 without a sentence')
  if (STACK.test(stderr)) faults.push(`command: ${stderr}`)
  for (const fault of [...faultsIn(stdout), ...faultsIn(stderr)]) faults.push(`command: ${fault}`)
  return faults
}
