import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { discover } from '../../src/commands/discover.ts'
import { filesIn } from '../helpers/files.ts'

t.test('the nearest file upwards, and never above what the checkout ends at', async (t) => {
  const table: readonly (readonly [what: string, files: readonly string[], from: string, found: string | undefined])[] =
    [
      ['in the directory', ['a/.holdfast.yaml'], 'a', 'a/.holdfast.yaml'],
      ['above it', ['a/.holdfast.yaml'], 'a/b/c', 'a/.holdfast.yaml'],
      ['the nearest of two', ['.holdfast.yaml', 'a/.holdfast.yaml'], 'a/b', 'a/.holdfast.yaml'],
      ['below it', ['a/b/.holdfast.yaml'], 'a', undefined],
      ['at the root of the repository', ['a/.git/HEAD', 'a/.holdfast.yaml'], 'a/b', 'a/.holdfast.yaml'],
      ['above the root of the repository', ['.holdfast.yaml', 'a/.git/HEAD'], 'a/b', undefined],
      ['above a worktree, whose .git is a file', ['.holdfast.yaml', 'a/.git'], 'a/b', undefined],
      ['in the home directory', ['home/.holdfast.yaml'], 'home/a', 'home/.holdfast.yaml'],
      ['above the home directory', ['.holdfast.yaml'], 'home/a', undefined],
      ['another extension', ['a/.holdfast.yml'], 'a', undefined]
    ]
  for (const [what, files, from, found] of table) {
    // So that the search ends there, whatever stands above the directory of the test.
    const root = filesIn(Object.fromEntries([['.git', ''], ...files.map((file) => [`top/${file}`, ''])]))
    const top = join(root, 'top')
    mkdirSync(join(top, from), { recursive: true })
    const expected = found === undefined ? undefined : join(top, found)
    t.equal(await discover(join(top, from), join(top, 'home')), expected, what)
  }
})

t.test('a link that leads nowhere is not passed over', async (t) => {
  const directory = filesIn({ '.git': '' })
  symlinkSync('nowhere', join(directory, '.holdfast.yaml'))
  t.equal(await discover(directory, '/'), join(directory, '.holdfast.yaml'))
})
