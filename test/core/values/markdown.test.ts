import fc from 'fast-check'
import t from 'tap'
import { fencedCode, inlineCode, markdownText } from '../../../src/core/values/markdown.ts'

const cases: readonly (readonly [text: string, markdown: string])[] = [
  ['plain words: 1.5 Gi', 'plain words: 1.5 Gi'],
  ['<b>*a* _b_ `c` ~d~ [e](f)', '\\<b\\>\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\[e\\](f)'],
  ['https://a.example and www.b.example', 'https\\://a.example and www\\.b.example'],
  // A backslash alone is gone when GitHub looks for names and numbers.
  ['@octocat a@b.example #12', '\\@<!-- -->octocat a\\@<!-- -->b.example \\#<!-- -->12'],
  ['$x$ &lt; a|b \\', '\\$x\\$ \\&lt; a\\|b \\\\'],
  ['a\nb', 'a\\\\nb']
]

t.test('nothing in a text is markup', async (t) => {
  for (const [text, markdown] of cases) t.equal(markdownText(text), markdown, text)
})

t.test('code ends where its fence does', async (t) => {
  t.equal(fencedCode('sh', 'ls'), '```sh\nls\n```')
  t.equal(fencedCode('sh', 'a\n````\nb'), '`````sh\na\n````\nb\n`````')
  t.equal(inlineCode('a`b\nc'), "`a'b\\nc`")
  t.equal(inlineCode(''), '` `', 'two marks alone would begin another one')
  const property = fc.property(fc.string({ unit: fc.constantFrom('`', 'a', ' ', '\n') }), (text) => {
    const [fence = ''] = /^`+/.exec(fencedCode('', text)) ?? []
    return !text.includes(fence)
  })
  t.doesNotThrow(() => fc.assert(property))
})
