import t from 'tap'
import type { FormatOptions } from '../../src/report/format.ts'
import { loadFormat } from '../../src/report/formats.ts'
import type { Report } from '../../src/report/report.ts'
import {
  AUDITED_REPAIR,
  AWKWARD,
  CRASHED,
  FULL,
  finding,
  HOSTILE,
  live,
  object,
  PROBLEM,
  REPAIRED,
  report,
  SKIPPED,
  WARNED
} from '../fixtures/machine-reports.ts'
import { parseXml, type XmlElement } from '../helpers/xml.ts'

const junitReport = await loadFormat('junit')

const LOOK: FormatOptions = { colour: false, width: 120 }

function suitesOf(made: Report, look: FormatOptions = LOOK): XmlElement {
  return parseXml(junitReport(made, look))
}

function casesOf(made: Report, look: FormatOptions = LOOK): XmlElement[] {
  return suitesOf(made, look).children.flatMap(({ children }) => children)
}

/** The one test of a policy that is about an object. */
function caseOf(made: Report, look: FormatOptions = LOOK): XmlElement | undefined {
  return casesOf(made, look).find(
    ({ attributes: { classname, name } }) => classname !== 'holdfast.input' && name !== 'all objects'
  )
}

t.test('what a finding becomes', async (t) => {
  const table: readonly (readonly [string, Parameters<typeof report>[0], FormatOptions, string, string?])[] = [
    ['a refusal', { objects: [object()] }, LOOK, 'failure', 'error'],
    ['a warning', { objects: [object({ findings: [WARNED] })] }, LOOK, 'system-out'],
    [
      'a warning that ends the run',
      { objects: [object({ findings: [WARNED] })] },
      { ...LOOK, failOn: 'warn' },
      'failure',
      'warning'
    ],
    [
      'a warning that does not',
      { objects: [object({ findings: [WARNED] })] },
      { ...LOOK, failOn: 'enforce' },
      'system-out'
    ],
    ['a repair', { objects: [object({ findings: [REPAIRED] })] }, { ...LOOK, failOn: 'warn' }, 'system-out'],
    ['a note', { objects: [object({ findings: [AUDITED_REPAIR] })] }, LOOK, 'system-out'],
    ['what is exempted', { objects: [object({ findings: [SKIPPED, SKIPPED] })] }, LOOK, 'skipped'],
    ['what is partly exempted', { objects: [object({ findings: [SKIPPED, finding()] })] }, LOOK, 'failure', 'error'],
    ['a crash', { objects: [object({ findings: [CRASHED] })] }, LOOK, 'error', 'crashed']
  ]
  for (const [name, parts, look, element, type] of table) {
    const outcome = caseOf(report(parts), look)?.children ?? []
    t.strictSame([outcome.length, outcome[0]?.name, outcome[0]?.attributes.type], [1, element, type], name)
    t.not(outcome[0]?.text, '', `${name}: GitLab shows the text and nothing else`)
  }
})

t.test('a test says all that one policy found in one object', async (t) => {
  const test = caseOf(report({ objects: [object({ findings: [finding(), finding({ message: 'and more' })] })] }))
  t.strictSame(test?.attributes, {
    classname: 'holdfast.shared-tsdb-claim',
    name: 'StatefulSet monitoring/prometheus in out/prometheus.yaml',
    file: 'out/prometheus.yaml',
    line: '10',
    time: '0'
  })
  t.equal(test?.children[0]?.attributes.message, '2 replicas write one TSDB')
  t.strictSame(test?.children[0]?.text.split('\n'), [
    'out/prometheus.yaml:14: error: spec.replicas: 2 replicas write one TSDB. Fix: set replicas to 1.',
    'out/prometheus.yaml:14: error: spec.replicas: and more. Fix: set replicas to 1.'
  ])
})

t.test('where it stands', async (t) => {
  const piped = object({ location: { file: '-', line: 2, template: 'chart/templates/a.yaml' } })
  const inPipe = caseOf(report({ objects: [piped] }))
  t.equal(inPipe?.attributes.name, 'StatefulSet monitoring/prometheus', 'standard input is no file')
  t.equal(inPipe?.attributes.file, undefined)
  t.match(inPipe?.children[0]?.text, /^stdin:14 \(chart\/templates\/a\.yaml\): error: /)
  const inCluster = caseOf(report({ command: 'scan', objects: [live()] }))
  t.equal(inCluster?.attributes.name, 'StatefulSet monitoring/prometheus')
  t.match(inCluster?.children[0]?.text, /^error: spec\.replicas: /)
})

t.test('every suite has a test, and a clean report passes', async (t) => {
  const clean = report({ notes: ['a note'] })
  const { children, attributes } = suitesOf(clean)
  const tests = String(clean.policies.length + 1)
  t.strictSame(attributes, { name: 'holdfast', tests, failures: '0', errors: '0', time: '0' })
  for (const suite of children) {
    t.equal(suite.attributes.timestamp, '2026-11-05T08:30:00')
    t.equal(suite.children.length, 1, `${suite.attributes.name}`)
  }
  t.equal(children[0]?.children[0]?.children[0]?.text, '7 objects checked: 2 files\na note')
  t.equal(suitesOf(report({ policies: [] })).attributes.tests, '1', 'even without a catalogue')
})

t.test('a policy that is off was not run', async (t) => {
  const policies = [{ id: 'some-policy', summary: 'Some.', mode: 'off' }] as const
  const [, test] = casesOf(report({ policies }))
  t.strictSame([test?.attributes.name, test?.children[0]?.name], ['all objects', 'skipped'])
  const [, other] = casesOf(report({ policies, objects: [object({ findings: [finding({ policy: 'some-policy' })] })] }))
  t.equal(other?.children[0]?.name, 'failure', 'but in one namespace it may be on')
})

t.test('what could not be read is an error', async (t) => {
  const [test, other] = casesOf(
    report({ problems: [PROBLEM, { where: 'pods', code: 'CLUSTER_FORBIDDEN', message: 'No.' }] })
  )
  t.equal(test?.attributes.name, 'out/broken.yaml:3')
  t.equal(test?.children[0]?.name, 'error')
  t.equal(test?.children[0]?.attributes.type, 'SOURCE_INVALID')
  t.match(test?.children[0]?.text, /^out\/broken\.yaml:3: bad indentation/)
  t.equal(other?.attributes.name, 'pods')
})

t.test('the counts are right, and no two tests of a suite have one name', async (t) => {
  const twice = report({ objects: [object(), object(), object()], problems: [PROBLEM, PROBLEM] })
  for (const made of [FULL, HOSTILE, twice, report()]) {
    const root = suitesOf(made)
    const total = { tests: 0, failures: 0, errors: 0 }
    for (const suite of root.children) {
      const outcomes = suite.children.map(({ children }) => children[0]?.name)
      const number = (name: string) => outcomes.filter((outcome) => outcome === name).length
      const { tests, failures, errors, skipped } = suite.attributes
      t.strictSame(
        [tests, failures, errors, skipped],
        [outcomes.length, number('failure'), number('error'), number('skipped')].map(String)
      )
      total.tests += Number(tests)
      total.failures += Number(failures)
      total.errors += Number(errors)
      const names = suite.children.map(({ attributes }) => attributes.name)
      t.equal(new Set(names).size, names.length, `${suite.attributes.name}`)
    }
    const { tests, failures, errors } = root.attributes
    t.strictSame(
      { tests, failures, errors },
      { tests: `${total.tests}`, failures: `${total.failures}`, errors: `${total.errors}` }
    )
  }
})

t.test('awkward texts', async (t) => {
  const text = junitReport(HOSTILE, LOOK)
  t.ok(text.isWellFormed())
  const test = casesOf(HOSTILE).find(({ attributes: { classname } }) => classname === 'holdfast.shared-tsdb-claim')
  t.ok(test?.attributes.name?.includes('a<b> & "c" \'d\' ]]>'), 'what can be said is said')
  for (const character of ['\u0000', '\u0007', '\u001b', '\u202e', '\uffff']) {
    t.ok(AWKWARD.includes(character) && !text.includes(character), 'what cannot is gone')
  }
})
