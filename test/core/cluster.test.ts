import t from 'tap'
import { isAtLeast, parseVersion } from '../../src/core/cluster.ts'

t.test('versions as API servers and people write them', async (t) => {
  const table: readonly (readonly [string, { major: number; minor: number } | undefined])[] = [
    ['1.36', { major: 1, minor: 36 }],
    ['v1.36.2', { major: 1, minor: 36 }],
    ['v1.31.4-gke.1000', { major: 1, minor: 31 }],
    ['1.30+', { major: 1, minor: 30 }],
    [' 1.30 ', { major: 1, minor: 30 }],
    ['1', undefined],
    ['', undefined],
    ['latest', undefined],
    ['1.x', undefined]
  ]
  for (const [text, version] of table) t.strictSame(parseVersion(text), version, text)
})

t.test('order', async (t) => {
  t.ok(isAtLeast({ major: 1, minor: 30 }, 1, 30))
  t.ok(isAtLeast({ major: 2, minor: 0 }, 1, 30))
  t.notOk(isAtLeast({ major: 1, minor: 29 }, 1, 30))
})
