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
           where: spec.volumeClaimTemplates[0].metadata.labels, line 17
           careful: whenDeleted is Delete
           fix: run
           "kubectl delete statefulset --cascade=orphan pgw -n monitoring" and
           upgrade again

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
           where: spec.volumeClaimTemplates[0].metadata.labels, line 17
  note     a-repair: Holdfast repairs this: adds it
  skipped  an-excuse: is so

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
           where: spec.volumeClaimTemplates[0].metadata.labels, line 17
           careful: whenDeleted is Delete
           fix: x
  note     claim-template-labels: labels of claim template "data" change: chart
           "a-1" → "a-2"
           where: spec.volumeClaimTemplates[0].metadata.labels, line 17
           careful: whenDeleted is Delete
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

t.test('notes do not bury what is wrong', async (t) => {
  const [quiet, loud] = [about({ ...repair, level: 'note', outcome: 'patched' }), about({})]
  const text = textReport(report({ objects: [...Array(30).fill(quiet).flat(), ...loud] }), PLAIN)
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
