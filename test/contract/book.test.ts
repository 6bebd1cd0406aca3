// docs/ is one book: docs/README.md lists its pages, and every page of the repository can be reached from README.md.
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')
const INDEX = 'docs/README.md'
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** The pages that a page links to, relative to the repository. A link to a directory is one to each page in it. */
function linksOf(page: string): string[] {
  const links = [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  return links.flatMap((target) => {
    const path = join(dirname(page), target)
    return path.endsWith('.md') ? [path] : globSync(`${path}/*.md`, { cwd: ROOT })
  })
}

t.test('the index has an entry of one sentence for every page, and a link to every group of pages', async (t) => {
  const entries = read(INDEX)
    .replaceAll(/\n {3}(?=\S)/g, ' ')
    .split('\n')
    .filter((line) => /^\d+\. /.test(line))
  const listed = entries.map((entry) => join('docs', /\]\(([^)#]+)/.exec(entry)?.[1] ?? ''))
  const pages = globSync('docs/*.md', { cwd: ROOT })
  t.ok(pages.length > 30)
  for (const page of pages) if (page !== INDEX) t.equal(listed.filter((it) => it === page).length, 1, page)
  const linked = linksOf(INDEX)
  for (const page of globSync('docs/*/*.md', { cwd: ROOT })) t.ok(linked.includes(page), `the group of ${page}`)
  for (const entry of entries) t.match(entry, /^\d+\. \[[^\]]+\]\([^)]+\): [^.]+(?:\.\S[^.]*)*\.$/, entry)
})

t.test('every page can be reached from README.md', async (t) => {
  const reached = new Set(['README.md'])
  for (const page of reached) for (const target of linksOf(page)) reached.add(target)
  const pages = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules', 'dist', '.tap'] })
  t.ok(pages.length > 60)
  for (const page of pages) t.ok(reached.has(page), page)
})

t.test('every page has one title, which is its first line', async (t) => {
  for (const page of globSync('docs/**/*.md', { cwd: ROOT })) {
    const titles = read(page)
      .replaceAll(/^```.*?^```/gms, '')
      .match(/^# .+$/gm)
    t.strictSame(titles, [read(page).split('\n')[0]], basename(page))
  }
})
