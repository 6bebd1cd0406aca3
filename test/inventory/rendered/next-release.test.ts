import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { nextReleaseOf, withNextVersions } from '../../../src/inventory/rendered/next-release.ts'
import { filesIn } from '../../helpers/files.ts'

const rows: readonly (readonly [before: string, after: string | undefined])[] = [
  ['version: 1.2.3', 'version: 1.2.4'],
  ['version: 1.2.9\nappVersion: v1.9.9', 'version: 1.2.10\nappVersion: v1.9.10'],
  ['version: "1.2.3" # of the chart\r\n', 'version: "1.2.4" # of the chart\r\n'],
  ["version: 0.1.0-beta.1\nappVersion: '2024'", "version: 0.1.1-beta.1\nappVersion: '2025'"],
  ['version: 1.0.0+build\nappVersion: latest', 'version: 1.0.1+build\nappVersion: latest'],
  ['version: v1.0.0\nappVersion: RELEASE.2024-01-09T', 'version: v1.0.1\nappVersion: RELEASE.2024-01-10T'],
  [
    'version: 1.0.0\ndependencies:\n  - version: 2.0.0\n    name: x',
    'version: 1.0.1\ndependencies:\n  - version: 2.0.0\n    name: x'
  ],
  ['{name: x, version: 1.0.0}', undefined],
  ['appVersion: 1.0.0', undefined],
  ['version: latest', undefined]
]

t.test('the versions of the next release', async (t) => {
  for (const [before, after] of rows) t.equal(withNextVersions(before), after, before)
})

t.test('the chart beside it', async (t) => {
  const chart = filesIn({ 'Chart.yaml': 'version: 1.0.0', 'templates/a.yaml': 'a', '.helmignore': 'x' })
  const next = await nextReleaseOf(chart)
  if (next === undefined) throw new Error('there is none')
  t.equal(readFileSync(join(next.directory, 'Chart.yaml'), 'utf8'), 'version: 1.0.1')
  t.equal(readFileSync(join(next.directory, 'templates/a.yaml'), 'utf8'), 'a')
  t.ok(lstatSync(join(next.directory, '.helmignore')).isSymbolicLink(), 'nothing is copied')
  t.equal(readFileSync(join(chart, 'Chart.yaml'), 'utf8'), 'version: 1.0.0', 'and nothing is changed')
  await next.remove()
  t.notOk(existsSync(next.directory))
  t.ok(existsSync(join(chart, 'templates/a.yaml')), 'what it linked to stays')
})
