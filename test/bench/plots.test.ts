import t from 'tap'
import { plotsOf } from '../../bench/plots.ts'
import { type Row, rowsOf } from '../../bench/row.ts'
import { parseXml, type XmlElement } from '../helpers/xml.ts'

const rows: readonly Row[] = [
  ...rowsOf(
    { layer: 'server', name: 'a <Pod> & 4 KB', unit: 'µs' },
    new Map([
      ['floor', [40, 50, 60]],
      ['holdfast', [100, 100, 110]]
    ])
  ),
  ...rowsOf({ layer: 'server', name: 'memory at the end', unit: 'MB' }, new Map([['floor', [90]]]))
]

const withClass = (svg: XmlElement, name: RegExp): XmlElement[] =>
  svg.children.filter(({ attributes }) => name.test(attributes.class ?? ''))

t.test('a plot for each layer that was measured, and bars in proportion', async (t) => {
  const plots = plotsOf({ date: '2026-11-22', node: 'v24.21.0', rounds: 3, rows })
  t.strictSame([...plots.keys()], ['server.svg'])
  const svg = parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${plots.get('server.svg')}`)
  const widths = withClass(svg, /^bar/).map(({ attributes }) => Number(attributes.width))
  t.equal(widths.length, 2, 'memory is in another unit, and not in this plot')
  const [one = 0, other = 0] = widths
  t.ok(one > 0 && Math.abs(other - 2 * one) < 0.1, `${widths}`)
  t.strictSame(
    withClass(svg, /^(?:case|name|value)$/).map(({ text }) => text),
    ['a <Pod> & 4 KB', 'floor', '50.0', 'holdfast', '100 (× 2.00)']
  )
  t.match(withClass(svg, /^caption$/)[0]?.text, /3 alternating rounds.*Node\.js v24\.21\.0, 2026-11-22/)
  for (const { attributes } of withClass(svg, /^bar/)) {
    const [x, width] = [Number(attributes.x), Number(attributes.width)]
    t.ok(x + width < Number(svg.attributes.viewBox?.split(' ')[2]), 'no bar leaves the picture')
  }
})
