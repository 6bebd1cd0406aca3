import t from 'tap'
import { joined } from '../../src/report/joined.ts'
import type { ReportedFinding, ReportedObject } from '../../src/report/report.ts'

function object(name: string, policies: readonly string[], line?: number): ReportedObject {
  const findings = policies.map((policy) => ({ policy }) as ReportedFinding)
  const location = line === undefined ? {} : { location: { file: 'a.yaml', line } }
  return { group: '', kind: 'Service', namespace: 'lab', name, operation: 'CREATE', ...location, findings }
}

t.test('findings that come later stand under their object', async (t) => {
  const words = (objects: readonly ReportedObject[]): string[] =>
    objects.map(({ name, findings }) => `${name}: ${findings.map(({ policy }) => policy).join()}`)
  t.strictSame(words(joined([object('a', ['x']), object('b', ['y'])], [object('a', ['z'])])), ['a: x,z', 'b: y'])
  t.strictSame(words(joined([object('b', ['y'])], [object('a', ['z']), object('a', ['w'])])), ['b: y', 'a: z,w'])
  t.strictSame(words(joined([object('a', ['x'], 1)], [object('a', ['z'], 9)])), ['a: x', 'a: z'], 'of another place')
  const first = object('a', ['x'])
  joined([first], [object('a', ['z'])])
  t.equal(first.findings.length, 1, 'what it is given stays as it is')
})
