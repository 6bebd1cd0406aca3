import t from 'tap'
import { loadFormat } from '../../src/report/formats.ts'
import type { Report, ReportedFinding } from '../../src/report/report.ts'

const textReport = await loadFormat('text')

const PLAIN = { colour: false, width: 80 }

const FINDING: ReportedFinding = {
  policy: 'claim-template-labels',
  mode: 'enforce',
  outcome: 'denied',
  level: 'error',
  field: 'spec.volumeClaimTemplates[0].metadata.labels',
  identity: 'spec.volumeClaimTemplates[data].metadata.labels',
  line: 17,
  column: 9,
  message: 'labels of claim template "data" change: chart "a-1" → "a-2"',
  caution: 'whenDeleted is Delete',
  remediation: 'run "kubectl delete statefulset --cascade=orphan pgw -n monitoring" and upgrade again'
}

function report(parts: Partial<Report> = {}): Report {
  return {
    command: 'check',
    version: '1.2.3',
    createdAt: '2026-11-21T10:00:00.000Z',
    source: '2 files',
    checked: 3,
    policies: [],
    objects: [],
    problems: [],
    notes: [],
    ...parts
  }
}

function about(...findings: readonly Partial<ReportedFinding>[]): Report['objects'] {
  const object = {
    group: 'apps',
    kind: 'StatefulSet',
    namespace: 'monitoring',
    name: 'pgw',
    operation: 'UPDATE'
  } as const
  const location = { file: 'new.yaml', line: 3, template: 'chart/templates/sts.yaml' }
  return [{ ...object, location, findings: findings.map((parts) => ({ ...FINDING, ...parts })) }]
}

const { caution: _, remediation: __, ...repair } = FINDING

const cases: readonly (readonly [name: string, report: Report, text: string])[] = [
  ['nothing', report(), '3 objects checked in 2 files: 0 errors, 0 warnings, 0 notes\n'],
  [
    'findings that a baseline knows',
    report({ baseline: { file: 'known.yaml', error: 2, warning: 1, note: 0, gone: 0 } }),
    '3 objects checked in 2 files: 0 errors, 0 warnings, 0 notes; 3 more in the baseline\n'
  ],
  [
    'what is refused, with all there is to know',
    report({ objects: about({}) }),
    `StatefulSet monitoring/pgw  new.yaml:3, from chart/templates/sts.yaml
  error    claim-template-labels: labels of claim template "data" change: chart
           "a-1" → "a-2"
           where: new.yaml:17:9 spec.volumeClaimTemplates[0].metadata.labels
           caution: whenDeleted is Delete
           fix: run
           "kubectl delete statefulset --cascade=orphan pgw -n monitoring" and
           upgrade again
           docs:
           https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/claim-template-labels.md

3 objects checked in 2 files: 1 error, 0 warnings, 0 notes
`
  ],
  [
    'the worst first, and a repair in one line',
    {
      ...report(),
      objects: [
        {
          ...(about()[0] as Report['objects'][number]),
          findings: [
            { ...repair, policy: 'a-repair', outcome: 'patched', level: 'note', message: 'adds it' },
            { ...repair, policy: 'a-warning', outcome: 'warned', level: 'warning', message: 'beware' },
            {
              ...repair,
              policy: 'an-excuse',
              outcome: 'skipped',
              level: 'note',
              message: 'is so',
              remediation: 'do it'
            }
          ]
        }
      ]
    },
    `StatefulSet monitoring/pgw  new.yaml:3, from chart/templates/sts.yaml
  warning  a-warning: Holdfast would repair this: beware
           where: new.yaml:17:9 spec.volumeClaimTemplates[0].metadata.labels
           docs:
           https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/a-warning.md
  note     a-repair: Holdfast repairs this: adds it
           where: new.yaml:17:9 spec.volumeClaimTemplates[0].metadata.labels
  skipped  an-excuse: is so
           where: new.yaml:17:9 spec.volumeClaimTemplates[0].metadata.labels

3 objects checked in 2 files: 0 errors, 1 warning, 2 notes
`
  ],
  [
    'problems and notes',
    report({
      problems: [
        { where: 'bad.yaml', line: 3, code: 'SOURCE_INVALID', message: 'It cannot be read. [SOURCE_INVALID]' },
        { where: 'pods in the namespace lab', code: 'CLUSTER_FORBIDDEN', message: 'No. [CLUSTER_FORBIDDEN]' }
      ],
      notes: ['this too']
    }),
    `bad.yaml:3
  unread   It cannot be read. [SOURCE_INVALID]

pods in the namespace lab
  unread   No. [CLUSTER_FORBIDDEN]

  note     this too

3 objects checked in 2 files: 0 errors, 0 warnings, 0 notes
Incomplete: 2 parts could not be read
`
  ],
  [
    'what will fail',
    report({
      objects: about(
        { ...repair, level: 'warning', failsNextUpgrade: true, remediation: 'x' },
        { ...repair, level: 'note' }
      ).map(({ location, ...object }) => object)
    }),
    `StatefulSet monitoring/pgw
  warning  claim-template-labels: labels of claim template "data" change: chart
           "a-1" → "a-2"
           where: spec.volumeClaimTemplates[0].metadata.labels
           caution: whenDeleted is Delete
           fix: x
           docs:
           https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/claim-template-labels.md
  note     claim-template-labels: labels of claim template "data" change: chart
           "a-1" → "a-2"
           where: spec.volumeClaimTemplates[0].metadata.labels
           caution: whenDeleted is Delete
           fix: run
           "kubectl delete statefulset --cascade=orphan pgw -n monitoring" and
           upgrade again

3 objects checked in 2 files: 0 errors, 1 warning, 1 note
1 object will fail at the next upgrade of the chart
`
  ]
]

t.test('what people read', async (t) => {
  for (const [name, report, text] of cases) t.equal(textReport(report, PLAIN), text, name)
})

const FRAME = {
  first: 16,
  lines: ['      - metadata:', `          labels: { chart: ${'x'.repeat(90)} }`, '        spec:']
}

/** As many objects as asked for, each with its own name and place. */
function many(number: number, parts: (index: number) => Partial<ReportedFinding>): Report['objects'] {
  return Array.from({ length: number }, (_, index) => {
    const [object] = about(parts(index))
    const name = `pgw-${index}`
    return { ...(object as Report['objects'][number]), name, location: { file: `${index}.yaml`, line: 3, column: 1 } }
  })
}

t.test('what is written in the file, no wider than the terminal', async (t) => {
  const text = textReport(report({ objects: about({ frame: FRAME }, { frame: FRAME, message: 'more' }) }), PLAIN)
  const lines = text.split('\n').filter((line) => / \| /.test(line))
  t.strictSame(lines, [
    '             16 | - metadata:',
    `           > 17 |     labels: { chart: ${'x'.repeat(40)}…`,
    '             18 |   spec:'
  ])
  t.strictSame(
    lines.filter((line) => line.length > 80),
    []
  )
  t.notMatch(
    textReport(report({ objects: about({ frame: FRAME, level: 'note' }) }), PLAIN),
    ' | ',
    'of notes only the place'
  )
})

t.test('what many objects have in common is said once', async (t) => {
  const remediation = (index: number) => `run "kubectl delete sts pgw-${index} -n monitoring" and wait`
  const objects = many(18, (index) => ({ remediation: remediation(index), frame: FRAME }))
  const text = textReport(report({ objects }), PLAIN)
  t.equal(text.split('\n')[0], '18 × claim-template-labels')
  t.equal(text.split('labels of claim template').length, 2)
  t.match(text, '\n           StatefulSet monitoring/pgw-9  9.yaml:17:9\n           and 8 more objects: -o json')
  t.notMatch(text, 'pgw-10')
  t.match(text, '"kubectl delete sts NAME -n NAMESPACE"', 'the command of none of them')
  const two = textReport(report({ objects: objects.slice(0, 2) }), PLAIN)
  t.match(two, '"kubectl delete sts pgw-1 -n monitoring"', 'two can be read one by one')
  const other = many(3, (index) => ({ message: `fault ${index}` }))
  t.notMatch(textReport(report({ objects: other }), PLAIN), '×', 'and so can what is not the same')
  const mixed = [...objects, ...many(1, () => ({ policy: 'another', message: 'its own' }))]
  t.match(
    textReport(report({ objects: mixed }), PLAIN),
    /^18 × [\s\S]*\nStatefulSet monitoring\/pgw-0 [\s\S]*another: its own/
  )
})

t.test('a place that has no room beside its name stands below it', async (t) => {
  const objects = many(3, () => ({})).map((object) => ({ ...object, name: 'x'.repeat(60) }))
  t.match(
    textReport(report({ objects }), PLAIN),
    `\n           StatefulSet monitoring/${'x'.repeat(60)}\n             0.yaml:17:9\n`
  )
  t.match(textReport(report({ objects }), { ...PLAIN, width: 120 }), `${'x'.repeat(60)}  0.yaml:17:9\n`)
  t.match(textReport(report({ objects: objects.slice(1, 2) }), PLAIN), `${'x'.repeat(60)}\n  1.yaml:3:1\n  error `)
})

t.test('why nothing was changed', async (t) => {
  const text = textReport(
    report({ objects: about({ ...repair, outcome: 'patched', level: 'note', noDiff: 'so' }) }),
    PLAIN
  )
  t.match(text, '\n           no diff: so\n')
})

t.test('notes do not bury what is wrong', async (t) => {
  const quiet = many(30, (index) => ({ ...repair, message: `adds ${index}`, level: 'note', outcome: 'patched' }))
  const text = textReport(report({ objects: [...quiet, ...about({})] }), PLAIN)
  t.equal(text.match(/^StatefulSet /gm)?.length, 21, 'twenty of them, and the error')
  t.match(text, '10 more objects with only notes: -o json and -o html list them')
  t.match(text, '1 error, 0 warnings, 30 notes')
})

t.test('colour changes nothing but the colour', async (t) => {
  for (const [name, report, text] of cases) {
    const coloured = textReport(report, { ...PLAIN, colour: true })
    t.not(coloured, text, `${name}: has colour`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    t.equal(coloured.replaceAll(/\x1b\[\d+m/g, ''), text, name)
  }
})

t.test('no text reaches the terminal with commands for it', async (t) => {
  const hostile = '\x1b[2J\x1b]0;title\x07evil\u202e\nnext'
  const text = textReport(
    report({
      objects: about({ message: hostile, field: hostile, remediation: hostile }).map((object) => ({
        ...object,
        name: hostile,
        location: { file: hostile, line: 1, template: hostile }
      })),
      problems: [{ where: hostile, code: 'X', message: hostile }],
      notes: [hostile]
    }),
    PLAIN
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  t.notMatch(text, /[\x00-\x09\x0b-\x1f\x7f\u202e]/)
  t.match(text, '\\u001b[2J\\u001b]0;title\\u0007evil\\u202e\\nnext', 'and what was there is shown')
})
