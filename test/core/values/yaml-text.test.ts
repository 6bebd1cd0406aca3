import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { yamlText } from '../../../src/core/values/yaml-text.ts'
import { faultsIn } from '../../helpers/harmless.ts'

t.test('texts that stay as they are, and others', async (t) => {
  const table: readonly (readonly [text: string, written: string])[] = [
    ['deploy/a.yaml', 'deploy/a.yaml'],
    ['PVC prometheus-data', 'PVC prometheus-data'],
    ['spec.containers[app].image', 'spec.containers[app].image'],
    ['pgw-*', '"pgw-*"'],
    ['', '""'],
    ['yes', '"yes"'],
    ['Off', '"Off"'],
    ['1.30', '"1.30"'],
    ['- a', '"- a"'],
    ['a: b', '"a: b"'],
    ['a #b', '"a #b"'],
    ['a ', '"a "'],
    ['../a', '"../a"'],
    ['a\u202eb', '"a\\u202eb"']
  ]
  for (const [text, written] of table) t.equal(yamlText(text), written)
})

t.test('every text is read as it was, and does nothing to a terminal', async (t) => {
  const texts = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())
  const property = fc.property(texts, (text) => {
    const yaml = `a: ${yamlText(text)}\n`
    t.strictSame(parse(yaml), { a: text })
    t.strictSame(faultsIn(yaml), [])
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})
