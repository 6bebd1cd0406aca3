import fc from 'fast-check'
import t from 'tap'
import { count, cut, inertJson, oneLine, quote, wrap } from '../../../src/core/values/text.ts'

t.test('any text becomes one well-formed line', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = oneLine(text)
        return line.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(line) && oneLine(line) === line
      })
    )
  )
  const table: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['a\r\n\tb', 'a\\r\\n\\tb'],
    ['\u001b[2J', '\\u001b[2J'],
    ['a\u202eb\u200bc\u{e0041}', 'a\\u202eb\\u200bc\\u{e0041}'],
    ['a\u{e0015}b', 'a\\u{e0015}b'],
    ['\u2028::error::x', '\\u2028::error::x'],
    ['half \ud800', 'half \ufffd'],
    // Joiners are a part of a letter.
    ['👩‍💻 می‌خواهم', '👩‍💻 می‌خواهم'],
    ['::error::x', '\\u003a:error::x'],
    ['x ::error::x', 'x \\u003a:error::x'],
    ['\u00a0::set-output name=x::y', '\u00a0\\u003a:set-output name=x::y'],
    ['--web.listen-address=[::]:9091 std::cout', '--web.listen-address=[::]:9091 std::cout'],
    ['x##[error]y', 'x\\u0023#[error]y'],
    ['###[error]', '#\\u0023#[error]'],
    ['##vso[task.setvariable]##teamcity[x]', '\\u0023#vso[task.setvariable]\\u0023#teamcity[x]'],
    ['## a heading [1]', '## a heading [1]']
  ]
  for (const [text, line] of table) t.equal(oneLine(text), line)
  t.equal(oneLine('\n'.repeat(9), 5), '\\n\\n…', 'its limit counts what is shown')
})

t.test('JSON means the same when nothing in it works unseen', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.string({ unit: 'binary' }), (value, text) => {
        const json = `${JSON.stringify([value, text])}\n`
        const inert = inertJson(json)
        return (
          JSON.stringify(JSON.parse(inert)) === JSON.stringify(JSON.parse(json)) &&
          !/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(inert)
        )
      })
    )
  )
  t.equal(inertJson('{"a":"##[error]x\u202e\u{e0041}"}\n'), '{"a":"\\u0023#[error]x\\u202e\\udb40\\udc41"}\n')
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

t.test('no line that is wrapped begins with a command', async (t) => {
  // Of "a :" and ": b", each of which has been through oneLine.
  t.strictSame(wrap('a :: b', 4), ['a ::', 'b'])
  t.strictSame(wrap('a :: b', 3), ['a', '\\u003a:', 'b'])
})
