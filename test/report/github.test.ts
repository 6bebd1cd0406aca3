import fc from 'fast-check'
import t from 'tap'
import { loadFormat } from '../../src/report/formats.ts'
import type { Report, ReportedObject } from '../../src/report/report.ts'
import { hostileText } from '../fixtures/hostile.ts'
import {
  AUDITED_REPAIR,
  CRASHED,
  FULL,
  finding,
  live,
  object,
  PROBLEM,
  report,
  WARNED
} from '../fixtures/machine-reports.ts'
import { hostileReport } from '../fixtures/reports.ts'

const write = await loadFormat('github')
const githubReport = (made: Report): string => write(made, { colour: false, width: 80 })

interface Read {
  readonly command: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

/** As the runner reads a line: the first `::` behind the properties ends them. */
function read(line: string): Read | undefined {
  const [, command, list = '', message = ''] = /^::(error|warning|notice) (.*?)::(.*)$/.exec(line) ?? []
  if (command === undefined) return undefined
  const pairs = list.split(',').map((pair) => pair.split('=', 2) as [string, string])
  const decoded = pairs.map(([name, value]) => [name, unescaped(value, true)] as const)
  return { command, properties: Object.fromEntries(decoded), message: unescaped(message, false) }
}

function unescaped(text: string, isProperty: boolean): string {
  const whole = text.replaceAll('%0A', '\n').replaceAll('%0D', '\r')
  const plain = isProperty ? whole.replaceAll('%3A', ':').replaceAll('%2C', ',') : whole
  return plain.replaceAll('%25', '%')
}

function annotationsOf(made: Report): Read[] {
  return githubReport(made)
    .split('\n')
    .flatMap((line) => read(line) ?? [])
}

const PAGE = 'https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies'

t.test('a finding stands at its line', async (t) => {
  const located = object({ findings: [finding({ column: 3 })] })
  t.strictSame(annotationsOf(report({ objects: [located] })), [
    {
      command: 'error',
      properties: {
        file: 'out/prometheus.yaml',
        line: '14',
        col: '3',
        title: 'shared-tsdb-claim: StatefulSet monitoring/prometheus'
      },
      message: `2 replicas write one TSDB. Fix: set replicas to 1.\n${PAGE}/shared-tsdb-claim.md`
    }
  ])
  const { line: _, ...unplaced } = finding()
  const table: readonly (readonly [ReportedObject, object])[] = [
    [object({ findings: [WARNED] }), { command: 'warning' }],
    [object({ findings: [AUDITED_REPAIR] }), { command: 'notice' }],
    [object({ findings: [CRASHED] }), { command: 'error' }],
    [object({ findings: [unplaced] }), { properties: { line: '10' } }],
    [object({ location: { file: './a//b c,d:e%.yaml', line: 1 } }), { properties: { file: 'a//b c,d:e%.yaml' } }],
    [object({ location: { file: '.\\a\\b.yaml', line: 1 } }), { properties: { file: 'a/b.yaml' } }]
  ]
  for (const [made, expected] of table) t.match(annotationsOf(report({ objects: [made] })), [expected])
  for (const nowhere of [live(), object({ location: { file: '-', line: 3 } })])
    t.strictSame(Object.keys(annotationsOf(report({ objects: [nowhere] }))[0]?.properties ?? {}), ['title'])
})

t.test('what could not be read is an error', async (t) => {
  const [annotation] = annotationsOf(report({ problems: [PROBLEM] }))
  t.match(annotation, { command: 'error', message: PROBLEM.message })
  const [unread] = annotationsOf(report({ problems: [{ ...PROBLEM, where: 'a.yaml', line: 7 }] }))
  t.match(unread?.properties, { file: 'a.yaml', line: '7' })
})

/** Objects with one finding each, of as many faults as there are numbers. */
function objectsWith(level: 'error' | 'warning' | 'note', faults: readonly number[]): ReportedObject[] {
  return faults.map((fault, index) =>
    object({ name: `p${index}`, findings: [finding({ level, message: `${level} ${fault}` })] })
  )
}

t.test('GitHub drops more than ten of a type, so that the worst come first and the rest is told', async (t) => {
  const repeated = [...Array(9).fill(0), 1, 2, 3]
  const objects = [...objectsWith('note', [1, 2]), ...objectsWith('error', repeated), ...objectsWith('warning', [1])]
  const annotations = annotationsOf(report({ objects }))
  t.strictSame(
    annotations.map(({ command }) => command),
    [...Array(10).fill('error'), 'warning', 'notice', 'notice', 'notice']
  )
  t.strictSame(
    annotations.slice(0, 5).map(({ message }) => /^error \d/.exec(message)?.[0]),
    ['error 0', 'error 1', 'error 2', 'error 3', 'error 0'],
    'each fault once before any is there twice'
  )
  t.match(annotations[0]?.message, '\n8 more objects with the same finding.\n')
  t.match(annotations.at(-1)?.message, /^2 more errors without an annotation: GitHub shows 10 /)
  const notes = annotationsOf(
    report({
      objects: objectsWith(
        'note',
        Array.from({ length: 11 }, (_, at) => at)
      )
    })
  )
  t.equal(notes.length, 10, 'with what is said of the others')
  t.match(notes.at(-1)?.message, /^2 more notes /)
  t.equal(annotationsOf(report({ objects: objectsWith('note', [1, 2, 3]) })).length, 3, 'nothing is left out')
})

t.test('the log ends in a line with the counts', async (t) => {
  t.equal(githubReport(report()), '7 objects checked in 2 files: 0 errors, 0 warnings, 0 notes\n')
  t.match(githubReport(FULL), /\n\d+ objects checked in [^\n]+\n$/)
})

t.test('no text becomes a command', async (t) => {
  const commands = (texts: readonly string[]) => githubReport(hostileReport(texts)).split('\n').slice(0, -2).map(read)
  const property = fc.property(fc.array(hostileText, { minLength: 3, maxLength: 4 }), (texts) => {
    const [plain, hostile] = [commands(texts.map((_, index) => `text ${index}`)), commands(texts)]
    const isRead = hostile.every(
      (one) => one !== undefined && /^(?:file,line,)?title$/.test(Object.keys(one.properties).join())
    )
    return isRead && hostile.length <= 2 * plain.length
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 60 }))
})
