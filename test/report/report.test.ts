import t from 'tap'
import type { Finding } from '../../src/core/policy.ts'
import type { FindingVerdict, Verdict } from '../../src/core/verdict.ts'
import type { Place } from '../../src/report/place.ts'
import { countsOf, type ReportedFinding, reportedObject } from '../../src/report/report.ts'
import { statefulSet } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'

const FINDING: Finding = {
  field: ['spec', 'replicas'],
  problem: 'too many',
  remediation: 'take some away',
  caution: 'the last one counts'
}

function verdict(parts: Partial<FindingVerdict> = {}, finding: Partial<Finding> = {}): Verdict {
  return {
    policy: 'a-policy',
    mode: 'enforce',
    outcome: 'denied',
    enforced: 'denied',
    finding: { ...FINDING, ...finding },
    ...parts
  }
}

function reported(verdict: Verdict, place?: Place): ReportedFinding | undefined {
  return reportedObject(subjectOf(statefulSet(), undefined), [verdict], place)?.findings[0]
}

const fix = { edits: [], does: 'takes some away' }

const cases: readonly (readonly [name: string, verdict: Verdict, expected: Partial<ReportedFinding>])[] = [
  [
    'refused',
    verdict(),
    {
      level: 'error',
      message: 'too many',
      remediation: 'take some away',
      caution: 'the last one counts',
      field: 'spec.replicas'
    }
  ],
  ['only warned of', verdict({ mode: 'warn', outcome: 'warned' }), { level: 'warning', outcome: 'warned' }],
  [
    'known before',
    verdict({ outcome: 'warned', preExisting: true }),
    { level: 'warning', message: 'pre-existing: too many' }
  ],
  ['recorded', verdict({ mode: 'audit', outcome: 'audited' }), { level: 'note', remediation: 'take some away' }],
  ['exempted', verdict({ outcome: 'skipped' }), { level: 'note', outcome: 'skipped' }],
  [
    'repaired',
    verdict({ outcome: 'patched', enforced: 'patched' }, { fix }),
    { level: 'note', message: 'takes some away' }
  ],
  [
    'that would be repaired',
    verdict({ mode: 'warn', outcome: 'warned', enforced: 'patched' }, { fix }),
    { level: 'warning', message: 'takes some away' }
  ],
  [
    'about the next upgrade',
    verdict({}, { failsNextUpgrade: true, changes: [{ key: 'a', before: 'b' }] }),
    { failsNextUpgrade: true, changes: [{ key: 'a', before: 'b' }] }
  ],
  [
    'of a policy that crashed',
    { policy: 'a-policy', mode: 'enforce', outcome: 'crashed', error: new Error('no such thing') },
    { level: 'error', field: '', message: 'the policy crashed on this object: no such thing' }
  ]
]

t.test('a finding in a report', async (t) => {
  for (const [name, verdict, expected] of cases) t.match(reported(verdict), expected, name)
  const repaired = reported(verdict({ outcome: 'patched', enforced: 'patched' }, { fix }))
  t.notOk('remediation' in (repaired ?? {}) || 'caution' in (repaired ?? {}), 'a repair needs no remediation')
})

t.test('where it stands', async (t) => {
  t.notOk('line' in (reported(verdict()) ?? {}), 'nowhere, in a cluster')
  const place: Place = {
    location: { file: 'a.yaml', line: 3 },
    within: ['spec', 'template'],
    positionOf: ({ length }) => ({ line: length, column: length + 1, frame: { first: length, lines: ['  a: 1'] } })
  }
  t.match(reported(verdict(), place), {
    field: 'spec.template.spec.replicas',
    line: 4,
    column: 5,
    frame: { first: 4, lines: ['  a: 1'] }
  })
  t.match(reportedObject(subjectOf(statefulSet(), undefined), [verdict()], place), {
    group: 'apps',
    kind: 'StatefulSet',
    namespace: 'monitoring',
    name: 'pgw',
    operation: 'CREATE',
    location: { file: 'a.yaml', line: 3 }
  })
})

t.test('an object without findings is not in a report', async (t) => {
  t.equal(reportedObject(subjectOf(statefulSet(), undefined), []), undefined)
})

t.test('findings are counted by level', async (t) => {
  const object = reportedObject(
    subjectOf(statefulSet(), undefined),
    cases.map(([, verdict]) => verdict)
  )
  const objects = object === undefined ? [] : [object]
  const report = {
    command: 'check',
    version: '',
    createdAt: '',
    source: '',
    checked: 1,
    policies: [],
    problems: [],
    notes: []
  } as const
  t.strictSame(countsOf({ ...report, objects }), { error: 3, warning: 3, note: 3 })
})

t.test('of too many findings the worst are listed, in their order, and the others counted', async (t) => {
  const warned = () => verdict({ outcome: 'warned', mode: 'warn' })
  const audited = () => verdict({ outcome: 'audited', mode: 'audit' })
  const crashed: Verdict = { policy: 'another', mode: 'warn', outcome: 'crashed', error: new Error('boom') }
  const all = [audited(), ...Array.from({ length: 99 }, warned), audited(), verdict(), crashed]
  const made = reportedObject(subjectOf(statefulSet(), undefined), all)
  const outcomes = made?.findings.map(({ outcome }) => outcome) ?? []
  t.equal(outcomes.length, 100)
  t.strictSame(outcomes.slice(-3), ['warned', 'denied', 'crashed'])
  t.notOk(outcomes.includes('audited'))
  t.strictSame(made?.leftOut, { error: 0, warning: 1, note: 2 })
  t.strictSame(reportedObject(subjectOf(statefulSet(), undefined), all.slice(0, 100))?.leftOut, undefined)
})
