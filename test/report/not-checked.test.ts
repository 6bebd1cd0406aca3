import t from 'tap'
import { NotCheckedCount, notCheckedInWords } from '../../src/report/not-checked.ts'

function words(...objects: readonly (readonly [kind: string, number: number])[]): string {
  const all = new NotCheckedCount()
  for (const [kind, number] of objects) for (let at = 0; at < number; at++) all.add('', kind)
  const { notChecked } = all.report
  return notChecked === undefined ? '' : notCheckedInWords(notChecked)
}

const rows: readonly (readonly [says: string, ...objects: (readonly [string, number])[]])[] = [
  [''],
  ['1 Ingress', ['Ingress', 1]],
  ['2 Ingresses', ['Ingress', 2]],
  ['3 Endpoints, 2 Gateways, 2 Policies', ['Policy', 2], ['Gateway', 2], ['Endpoints', 3]],
  [
    '2 Gs, 1 A, 1 B, 1 C, 1 D, 1 E, 1 F, 1 H and 2 objects of other kinds',
    ...[...'ABCDEFGHIJ'].map((kind) => [kind, kind === 'G' ? 2 : 1] as const)
  ]
]

t.test('in words', async (t) => {
  for (const [says, ...objects] of rows) t.equal(words(...objects), says)
})

t.test('kinds without end are counted, and not kept', async (t) => {
  const all = new NotCheckedCount()
  for (let at = 0; at < 2000; at++) all.add('x'.repeat(1000), `Kind${at}`)
  const { notChecked } = all.report
  t.match(notChecked, { objects: 2000 })
  t.equal(notChecked?.kinds.length, 500)
  t.ok(JSON.stringify(notChecked).length < 500 * 400)
})
