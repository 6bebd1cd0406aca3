// What the pages quote of Holdfast is what the end-to-end tests see on a real API server, word for word.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { denied, kept, upgradeFails } from '../e2e/harness/helm-words.ts'
import { denial, KEPT, RAW, said, VOLATILE, wouldReject } from '../e2e/harness/words.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const helm3 = { major: 3, namespace: 'monitoring' } as const

/** All that may stand in a page for the upgrade of the pushgateway chart, and of the chart of the tests with Helm. */
const WORDS = new Set([
  RAW,
  KEPT,
  ...VOLATILE,
  denial('monitoring'),
  ...wouldReject('monitoring'),
  upgradeFails(denied('0.1.0', '0.2.0'))(helm3),
  ...kept('0.1.0', '0.2.0')(helm3).map((line) => `Warning: ${line}`)
])

const QUOTED = /^(The StatefulSet "pgw|Warning: Holdfast claim-template-labels: |Error: UPGRADE FAILED: cannot patch )/

/** The lines of a page that stand in blocks of text. */
function textOf(page: string): string[] {
  const blocks = [...read(page).matchAll(/^```text\n(.*?)^```/gms)].map(([, text = '']) => text)
  return blocks.flatMap((text) => said({ stderr: text }))
}

for (const [page, atLeast] of Object.entries({
  'docs/kubectl.md': 5,
  'docs/helm.md': 2,
  'docs/troubleshooting.md': 4
})) {
  t.test(`${page} quotes kubectl and Helm`, async (t) => {
    const quotes = textOf(page).filter((line) => QUOTED.test(line) || line === RAW)
    t.ok(quotes.length >= atLeast, `${quotes.length} quotes`)
    for (const quote of quotes) t.ok(WORDS.has(quote), quote)
  })
}

t.test('log lines have a message that the code has', async (t) => {
  const code = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n')
  const lines = globSync('docs/*.md', { cwd: ROOT })
    .flatMap(textOf)
    .filter((line) => line.startsWith('{"level"'))
  t.ok(lines.length >= 2)
  for (const line of lines) t.ok(code.includes(`'${JSON.parse(line).msg}'`), line)
})

t.test('every metric that a page names is in docs/metrics.md', async (t) => {
  const listed = new Set([...read('docs/metrics.md').matchAll(/^\| `(holdfast_\w+)`/gm)].map(([, name]) => name))
  // The drill pushes a metric of its own.
  const pages = globSync(['*.md', 'docs/**/*.md', 'manifests/**/*.md'], { cwd: ROOT, exclude: ['docs/drill.md'] })
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/\bholdfast_[a-z_]+/g)].map(([name]) => ({
      page,
      name: name.replace(/_(bucket|sum|count)$/, '')
    }))
  )
  t.ok(named.length > 30)
  for (const { page, name } of named) t.ok(listed.has(name), `${page}: ${name}`)
})
