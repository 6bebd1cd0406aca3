import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const TEST = join(import.meta.dirname, '..')

/** The text between the parenthesis at `from` and the one that closes it. */
function argumentsAt(text: string, from: number): string {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return text.slice(from, at)
  }
  return text.slice(from)
}

t.test('no pattern has an empty list in it, which every list fits', async (t) => {
  const files = globSync('**/*.ts', { cwd: TEST })
  let seen = 0
  for (const file of files) {
    const text = readFileSync(join(TEST, file), 'utf8')
    for (const { index } of text.matchAll(/\bt\.(?:match|has)\(/g)) {
      seen++
      const pattern = argumentsAt(text, text.indexOf('(', index))
      const line = text.slice(0, index).split('\n').length
      if (/:\s*\[\]/.test(pattern)) t.fail(`${file}:${line}: write { length: 0 }`)
    }
  }
  t.ok(seen > 300, 'there is something to look at')
})
