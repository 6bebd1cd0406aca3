import fc from 'fast-check'
import t from 'tap'
import { count, cut, oneLine, quote } from '../../../src/core/values/text.ts'

t.test('any text becomes one well-formed line', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = oneLine(text)
        return line.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(line)
      })
    )
  )
  t.equal(oneLine('a\r\n\tb'), 'a b')
  t.equal(oneLine('plain'), 'plain')
})

t.test('cut counts characters, not halves of them', async (t) => {
  t.equal(cut('😀😀😀', 3), '😀😀😀')
  t.equal(cut('😀😀😀😀', 3), '😀😀…')
  t.equal(cut('abc', 3), 'abc')
  t.equal(cut('abcd', 3), 'ab…')
})

t.test('values in a sentence', async (t) => {
  t.equal(quote('a'), '"a"')
  t.equal(quote(3), '"3"')
  t.equal(quote([1]), 'a list')
  t.equal(quote({}), 'a map')
  t.equal(quote('x'.repeat(200)).length, 102)
  t.equal(count(1, 'label'), '1 label')
  t.equal(count(2, 'label'), '2 labels')
})
