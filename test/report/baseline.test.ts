import t from 'tap'
import type { BaselineEntry } from '../../src/core/baseline.ts'
import { withoutKnown } from '../../src/report/baseline.ts'
import type { ReportedFinding, ReportedObject } from '../../src/report/report.ts'

const FINDING: ReportedFinding = {
  policy: 'p',
  mode: 'enforce',
  outcome: 'denied',
  level: 'error',
  field: 'spec.a',
  identity: 'a',
  message: 'm'
}

function object(file: string, findings: readonly Partial<ReportedFinding>[], name = 'x'): ReportedObject {
  const called = { group: 'apps', kind: 'Deployment', namespace: 'lab', name, operation: 'CREATE' } as const
  return { ...called, location: { file, line: 1 }, findings: findings.map((parts) => ({ ...FINDING, ...parts })) }
}

function entry(file: string, parts: Partial<BaselineEntry> = {}): BaselineEntry {
  return { file, object: 'Deployment.apps lab/x', policy: 'p', finding: 'a', ...parts }
}

interface Case {
  readonly name: string
  readonly found: readonly ReportedObject[]
  readonly entries: readonly BaselineEntry[]
  /** Files that were read, and others that are there; `a` alone where nothing is said. */
  readonly read?: readonly string[]
  readonly there?: readonly string[]
  /** Findings that are left, as file/name/identity. */
  readonly left: readonly string[]
  readonly gone?: readonly BaselineEntry[]
}

const cases: readonly Case[] = [
  { name: 'nothing', found: [], entries: [], left: [] },
  { name: 'a finding that is known', found: [object('a', [{}])], entries: [entry('a')], left: [] },
  {
    name: 'the same one on another line with another message, and now a warning',
    found: [object('a', [{ line: 99, message: 'n', field: 'spec.b', level: 'warning', outcome: 'warned' }])],
    entries: [entry('a')],
    left: []
  },
  {
    name: 'a new one beside it',
    found: [object('a', [{}, { identity: 'b' }])],
    entries: [entry('a')],
    left: ['a/x/b']
  },
  {
    name: 'another policy',
    found: [object('a', [{ policy: 'q' }])],
    entries: [entry('a')],
    left: ['a/x/a'],
    gone: [entry('a')]
  },
  {
    name: 'another object',
    found: [object('a', [{}], 'y')],
    entries: [entry('a')],
    left: ['a/y/a'],
    gone: [entry('a')]
  },
  {
    name: 'the same object in another environment',
    found: [object('a', [{}]), object('b', [{}])],
    entries: [entry('a')],
    read: ['a', 'b'],
    left: ['b/x/a']
  },
  {
    name: 'mended in one environment, broken in another',
    found: [object('b', [{}])],
    entries: [entry('a')],
    read: ['a', 'b'],
    left: ['b/x/a'],
    gone: [entry('a')]
  },
  {
    name: 'known in a file that is there and was not read',
    found: [object('b', [{}])],
    entries: [entry('a')],
    read: ['b'],
    there: ['a', 'b'],
    left: ['b/x/a']
  },
  {
    name: 'a file that was moved',
    found: [object('b', [{}])],
    entries: [entry('a')],
    read: ['b'],
    there: ['b'],
    left: []
  },
  {
    name: 'a file that was moved, and a copy of its finding that is known by its own name',
    found: [object('b', [{}])],
    entries: [entry('a'), entry('b')],
    read: ['b'],
    there: ['b'],
    left: [],
    gone: [entry('a')]
  },
  {
    name: 'a file that is gone',
    found: [],
    entries: [entry('a')],
    read: ['b'],
    there: ['b'],
    left: [],
    gone: [entry('a')]
  },
  { name: 'a file that was not read', found: [], entries: [entry('a')], read: ['b'], there: ['a', 'b'], left: [] },
  {
    name: 'a finding that was mended',
    found: [object('a', [])],
    entries: [entry('a')],
    left: ['a/x/'],
    gone: [entry('a')]
  },
  {
    name: 'a note, and a policy that crashed',
    found: [
      object('a', [
        { level: 'note', outcome: 'skipped' },
        { outcome: 'crashed', identity: 'crashed' }
      ])
    ],
    entries: [entry('a'), entry('a', { finding: 'crashed' })],
    left: ['a/x/a', 'a/x/crashed'],
    gone: [entry('a'), entry('a', { finding: 'crashed' })]
  },
  {
    name: 'in the core group and in no namespace',
    found: [{ ...object('a', [{}]), group: '', kind: 'Pod', namespace: '' }],
    entries: [entry('a', { object: 'Pod x' })],
    left: []
  }
]

t.test('what a baseline knows', async (t) => {
  for (const { name, found, entries, read = ['a'], there = read, left, gone = [] } of cases) {
    const files = {
      nameOf: (file: string) => file,
      isRead: (file: string) => read.includes(file),
      isThere: (file: string) => there.includes(file)
    }
    const compared = withoutKnown(found, entries, files)
    const names = compared.objects.flatMap(({ location, name, findings }) =>
      (findings.length === 0 ? [''] : findings.map(({ identity }) => identity)).map(
        (id) => `${location?.file}/${name}/${id}`
      )
    )
    t.strictSame(names, left, name)
    t.strictSame(compared.gone, gone, `${name}: what is gone`)
    const all = found.flatMap(({ findings }) => findings).length
    const { error, warning, note } = compared.known
    t.equal(error + warning + note, all - left.filter((one) => !one.endsWith('/')).length, `${name}: known`)
  }
})

t.test('an object of which not all is listed stays', async (t) => {
  const part = { ...object('a', [{}]), leftOut: { error: 1, warning: 0, note: 0 } }
  const files = { nameOf: (file: string) => file, isRead: () => true, isThere: () => true }
  t.match(withoutKnown([part], [entry('a')], files).objects, [{ findings: { length: 0 }, leftOut: { error: 1 } }])
})
