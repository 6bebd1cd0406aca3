import t from 'tap'
import * as limits from '../../src/server/limits.ts'

t.test('memory bounds the connections, unless open files do', async (t) => {
  const table: readonly (readonly [string, number | undefined, number, number])[] = [
    ['nobody says', undefined, 384, 384],
    ['as containers have it', 1_048_576, 384, 384],
    ['just enough', 864, 384, 384],
    ['one too few', 863, 384, 383],
    ['ulimit -n 200', 200, 52, 52],
    ['hardly any', 100, 8, 8],
    ['fewer than there are', 10, 8, 8]
  ]
  for (const [name, openFiles, unproven, proven] of table) {
    t.strictSame(limits.connectionBounds(openFiles), { unproven, proven }, name)
  }
})

t.test('what the bounds promise each other', async (t) => {
  const { ROOM_FOR_BODIES, LARGEST_BODY, SHARE_OF_A_REVIEW } = limits
  t.ok(ROOM_FOR_BODIES / 2 + SHARE_OF_A_REVIEW >= LARGEST_BODY, 'the largest review alone finds room on any connection')
  t.ok(limits.LINGER_BYTES > LARGEST_BODY, 'and where it is refused, all of it is read')
  for (const openFiles of [undefined, 200, 10]) {
    const connections = limits.connectionBounds(openFiles)
    const { reviews } = limits.bodyBounds(connections)
    t.ok(reviews / 2 < connections.unproven, 'bodies that never end leave connections that can make room')
    t.ok(reviews / 2 >= 4, 'and some reviews at once are always possible')
  }
  t.ok(limits.HANDSHAKE_MS > 10_000, 'the API server gives up on a handshake first')
  t.ok(limits.BODY_MS >= 30_000, 'and on any answer, as timeoutSeconds is 30 at the most')
  t.ok(limits.KEEP_ALIVE_MS > 90_000, 'and on an idle connection')
})
