// Which Node.js Holdfast runs on is said in several places, and refused in one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const [major = 0, minor = 0, patch = 0] = JSON.parse(read('package.json'))
  .engines.node.replace('>=', '')
  .split('.')
  .map(Number)

/** What bin/require-node.cjs makes of a version: the exit code and the sentence, or undefined where it goes on. */
function refusalOf(version: string): { code: number; text: string } | undefined {
  let text = ''
  let refusal: { code: number; text: string } | undefined
  const process = {
    versions: { node: version },
    stderr: { write: (more: string) => (text += more) },
    exit: (code: number) => (refusal = { code, text })
  }
  runInNewContext(read('bin/require-node.cjs').replace(/^#!.*/, ''), { process })
  return refusal
}

t.test('an older Node.js is refused with a sentence', async (t) => {
  for (const version of [`${major}.${minor - 1}.9`, `${major - 1}.99.0`, '0.12.18'])
    t.match(
      refusalOf(version),
      { code: 2, text: `needs Node.js ${major}.${minor} or later and found ${version}` },
      version
    )
  for (const version of [`${major}.${minor}.${patch}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`])
    t.equal(refusalOf(version), undefined, version)
  t.equal(patch, 0, 'which does not look at the third number')
})

t.test('the pages name the same version', async (t) => {
  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/ci.md']) {
    const named = [...read(page).matchAll(/\b22\.\d+\b/g)].map(([version]) => version)
    t.strictSame([...new Set(named)], [`${major}.${minor}`], page)
  }
})
