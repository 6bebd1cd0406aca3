import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exportFiles, staysWithin } from '../../../src/inventory/rendered/export.ts'
import type { Commit, CommittedFile } from '../../../src/inventory/rendered/git.ts'
import { filesIn } from '../../helpers/files.ts'

/** A commit as anybody could make one, with names that Git refuses to add. */
function commitOf(files: Readonly<Record<string, string | { readonly link: string }>>): [Commit, CommittedFile[]] {
  const all = Object.entries(files).map(([path, content], index) => {
    const text = typeof content === 'string' ? content : content.link
    return { path, isLink: typeof content !== 'string', blob: String(index), size: text.length, text }
  })
  const contents = new Map(all.map(({ blob, text }) => [blob, Buffer.from(text)]))
  return [{ root: '/', files: async () => all, contents: async () => contents }, all]
}

t.test('files and links', async (t) => {
  const directory = join(filesIn({}), 'new')
  const [commit, files] = commitOf({
    'charts/a/Chart.yaml': 'name: a',
    'charts/a/common': { link: '../common' },
    'charts/common/x.yaml': 'x',
    'here.yaml': { link: 'charts/a/Chart.yaml' }
  })
  await exportFiles(commit, files, directory)
  t.equal(readFileSync(join(directory, 'charts/a/common/x.yaml'), 'utf8'), 'x')
  t.equal(readFileSync(join(directory, 'here.yaml'), 'utf8'), 'name: a')
  t.ok(lstatSync(join(directory, 'here.yaml')).isSymbolicLink())
})

const unsafe: readonly Parameters<typeof commitOf>[0][] = [
  { '../evil': 'x' },
  { 'a/../../evil': 'x' },
  { '/evil': 'x' },
  { 'a//b': 'x' },
  { '.git/config': 'x' },
  { 'a/.GIT/config': 'x' },
  { 'a\\..\\..\\evil': 'x' },
  { link: { link: '/etc' } },
  { link: { link: '../etc' } },
  { 'a/link': { link: '../../etc' } },
  { deep: { link: 'a/b' }, 'a/b/c': 'x', link: { link: 'deep/../../../etc' } },
  { a: { link: 'b' }, 'a/evil': 'x' },
  { A: { link: 'b' }, 'a/c/link': { link: '../../b' } }
]

t.test('what would lead out of the directory is refused', async (t) => {
  for (const content of unsafe) {
    const above = filesIn({})
    const [commit, files] = commitOf(content)
    await t.rejects(
      exportFiles(commit, files, join(above, 'new')),
      { code: 'COMMIT_UNREADABLE' },
      JSON.stringify(content)
    )
    t.notOk(existsSync(join(above, 'evil')))
    t.ok(readdirSync(above).every((name) => name === 'new'))
  }
})

const targets: readonly (readonly [path: string, target: string, stays: boolean])[] = [
  ['a', 'b', true],
  ['a', './b/c', true],
  ['a/b', '..', true],
  ['a/b', '../..', false],
  ['a/b', '../c', true],
  ['a/b/c', '../../d', true],
  ['a', '..', false],
  ['a', '..b', true],
  ['a', 'b/../c', false],
  ['a', 'b/..', false]
]

t.test('where a link may lead', async (t) => {
  for (const [path, target, stays] of targets) t.equal(staysWithin(path, target), stays, `${path} -> ${target}`)
})

t.test('a commit without end', async (t) => {
  const many = Array.from({ length: 20_001 }, (_, at) => ({ path: `f${at}`, isLink: false, blob: 'a', size: 1 }))
  const large = [{ path: 'a', isLink: false, blob: 'a', size: 300 * 1024 * 1024 }]
  const [commit] = commitOf({})
  for (const files of [many, large]) {
    await t.rejects(exportFiles(commit, files, join(filesIn({}), 'new')), /There is too much to read.*git worktree add/)
  }
})
