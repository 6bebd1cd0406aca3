import { count } from '../core/values/text.ts'
import { escapeMarkup } from './escape.ts'
import type { FormatOptions } from './format.ts'
import type { Location } from './place.ts'
import type { ReadProblem, Report, ReportedFinding, ReportedObject, ReportedPolicy } from './report.ts'
import { nameOfReported, sentencesOf, whatOf } from './sentences.ts'

/**
 * JUnit XML, for the test views of GitLab and Jenkins. Both group by `classname`, and Jenkins takes what is before its
 * last dot for a package: hence one suite for each policy, and not for each file, whose name has dots of its own.
 */
export function junitReport(report: Report, { failOn }: FormatOptions): string {
  const suites = [inputSuite(report), ...policySuites(report, failOn ?? 'enforce')]
  const { tests, failures, errors } = countsOf(suites.flatMap(({ cases }) => cases))
  const attributes = { name: 'holdfast', tests, failures, errors, time: 0 }
  const content = suites.map((suite) => suiteElement(suite, report.createdAt))
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, lines(content))}\n`
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

interface Case {
  readonly name: string
  /** GitLab links it. */
  readonly file?: string
  readonly line?: number
  readonly outcome?: Outcome
}

interface Outcome {
  /** `system-out` leaves the test passed. */
  readonly element: 'failure' | 'error' | 'skipped' | 'system-out'
  readonly type?: string
  readonly message?: string
  /** All that there is to say: GitLab shows nothing else. */
  readonly text: string
}

/** Whether all was read and checked. It has a test whatever the report says, because Jenkins fails over none at all. */
function inputSuite({ checked, source, problems, notes }: Report): Suite {
  const text = [`${count(checked, 'object')} checked: ${source}`, ...notes].join('\n')
  const passed: Case = { name: 'everything was read', outcome: { element: 'system-out', text } }
  return { name: 'input', cases: problems.length === 0 ? [passed] : problems.map(problemCase) }
}

function problemCase({ where, line, code, message }: ReadProblem): Case {
  const name = line === undefined ? where : `${where}:${line}`
  return { name, outcome: { element: 'error', type: code, message, text: `${name}: ${message}` } }
}

type Met = readonly [object: ReportedObject, findings: readonly ReportedFinding[]]

function policySuites({ policies, objects }: Report, failOn: 'warn' | 'enforce'): Suite[] {
  const met = new Map<string, Met[]>(policies.map(({ id }) => [id, []]))
  for (const object of objects) {
    for (const [policy, findings] of Map.groupBy(object.findings, (finding) => finding.policy)) {
      const found = met.get(policy)
      if (found) found.push([object, findings])
      else met.set(policy, [[object, findings]])
    }
  }
  return [...met].map(([id, found]) => {
    if (found.length > 0) return { name: id, cases: found.map((one) => objectCase(one, failOn)) }
    return { name: id, cases: [quietCase(policies.find((policy) => policy.id === id))] }
  })
}

/** A policy without findings is one test that passed, or that was not run. */
function quietCase(policy: ReportedPolicy | undefined): Case {
  const name = 'all objects'
  if (policy?.mode !== 'off') return { name }
  return { name, outcome: { element: 'skipped', message: 'the mode is off', text: 'the mode is off' } }
}

function objectCase([object, findings]: Met, failOn: 'warn' | 'enforce'): Case {
  const { location } = object
  const outcome = outcomeOf(object, findings, failOn)
  if (location === undefined) return { name: nameOfReported(object), outcome }
  const { file, line } = location
  if (file === '-') return { name: nameOfReported(object), outcome }
  return { name: `${nameOfReported(object)} in ${file}`, file, line, outcome }
}

/** Jenkins keeps one failure of a test, so that all findings stand in one. */
function outcomeOf(object: ReportedObject, findings: readonly ReportedFinding[], failOn: 'warn' | 'enforce'): Outcome {
  const text = findings.map((finding) => lineOf(object, finding)).join('\n')
  const crash = findings.find(({ outcome }) => outcome === 'crashed')
  if (crash) return { element: 'error', type: 'crashed', message: whatOf(crash), text }
  const failed =
    findings.find(({ level }) => level === 'error') ??
    (failOn === 'warn' ? findings.find(({ level }) => level === 'warning') : undefined)
  if (failed) return { element: 'failure', type: failed.level, message: whatOf(failed), text }
  if (findings.some(({ outcome }) => outcome !== 'skipped')) return { element: 'system-out', text }
  const message = 'exempted by the annotation holdfast.dev/skip or by an exemption'
  return { element: 'skipped', message, text: `${message}\n${text}` }
}

function lineOf({ location }: ReportedObject, finding: ReportedFinding): string {
  const { level, outcome, field } = finding
  const word = outcome === 'skipped' ? outcome : level
  const parts = [location && placeOf(location, finding.line), word, field, sentencesOf(finding)]
  return parts.filter(Boolean).join(': ')
}

function placeOf({ file, line, template }: Location, lineOfField = line): string {
  const place = `${file === '-' ? 'stdin' : file}:${lineOfField}`
  return template === undefined ? place : `${place} (${template})`
}

function countsOf(cases: readonly Case[]) {
  const number = (name: Outcome['element']) => cases.filter(({ outcome }) => outcome?.element === name).length
  return { tests: cases.length, failures: number('failure'), errors: number('error'), skipped: number('skipped') }
}

function suiteElement({ name, cases }: Suite, createdAt: string): string {
  const classname = `holdfast.${name}`
  // Without milliseconds and zone, as the schemas of JUnit XML want it.
  const attributes = { name: classname, ...countsOf(cases), time: 0, timestamp: createdAt.replace(/(?:\.\d+)?Z$/, '') }
  const content = distinct(cases).map((test) => caseElement(classname, test))
  return element('testsuite', attributes, lines(content))
}

/** GitLab drops tests whose name was there before. */
function distinct(cases: readonly Case[]): Case[] {
  const met = new Map<string, number>()
  return cases.map((test) => {
    const number = (met.get(test.name) ?? 0) + 1
    met.set(test.name, number)
    return number === 1 ? test : { ...test, name: `${test.name} (${number})` }
  })
}

function caseElement(classname: string, { name, file, line, outcome }: Case): string {
  const attributes = { classname, name, file, line, time: 0 }
  if (outcome === undefined) return element('testcase', attributes)
  const { message, type, text } = outcome
  return element('testcase', attributes, element(outcome.element, { message, type }, escaped(text)))
}

type Attributes = Readonly<Record<string, string | number | undefined>>

function element(name: string, attributes: Attributes, content = ''): string {
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const start = [name, ...pairs.map(([key, value]) => `${key}="${escaped(String(value))}"`)].join(' ')
  return content === '' ? `<${start}/>` : `<${start}>${content}</${name}>`
}

function lines(content: readonly string[]): string {
  return `\n${content.join('\n')}\n`
}

/** What XML 1.0 forbids even as a reference; what else it forbids is in no line of a report. */
const FORBIDDEN = /[\uFFFE\uFFFF]/g

function escaped(text: string): string {
  return escapeMarkup(text.replace(FORBIDDEN, ''))
}
