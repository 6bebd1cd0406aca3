import t from 'tap'
import { holdsMoreThan } from '../../src/server/json-values.ts'

t.test('what counts is what becomes an object, a list or a member', async (t) => {
  const table: readonly (readonly [string, string, number])[] = [
    ['an empty object', '{}', 1],
    ['a list of lists', '[[],[]]', 3],
    ['a member', '{"a":1}', 2],
    ['numbers and texts alone', '[1,2,"a","b",null,true]', 1],
    ['nothing in a text', '["{[:", "\\"{[:", "\\\\", {}]', 2],
    ['nothing in a key', '{"{[:\\"{":1}', 2],
    ['a text without an end', '["{{{{', 1],
    ['an escape without an end', '["\\', 1],
    ['what is no JSON', '{{{{', 4]
  ]
  for (const [name, text, count] of table) {
    // Spaces, because a text of less than two bytes for each is not looked at.
    const json = Buffer.from(text.padEnd(2 * count))
    t.notOk(holdsMoreThan(count, json), `${name}: no more than ${count}`)
    t.ok(holdsMoreThan(count - 1, json), `${name}: more than ${count - 1}`)
  }
})

t.test('a text that is too short for so many', async (t) => {
  t.notOk(holdsMoreThan(3, Buffer.from('{{{{{')))
})
