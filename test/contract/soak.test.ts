// What `npm run test:soak` finds out by arithmetic, and what docs/reliability.md says of it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FAULTS } from '../soak/faults/index.ts'
import { flatness } from '../soak/flat.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8')
const SAMPLES = 400
const nothing = { descriptors: 0, connections: 0 }

/** By the number of the sample, from 0 on. */
const TABLE: readonly (readonly [string, (at: number) => number, boolean])[] = [
  ['what stays', () => 100, true],
  ['what is taken up in the first half', (at) => (at < SAMPLES / 2 ? at : SAMPLES / 2), true],
  ['floods that come and go', (at) => (at % 8 === 0 ? 900 : 100), true],
  ['a flood at the end', (at) => (at > SAMPLES - 20 ? 900 : 100), true],
  ['what shrinks', (at) => 2 * SAMPLES - at, true],
  ['a leak', (at) => 10 + at, false],
  ['a leak under floods', (at) => 10 + at + (at % 8 === 0 ? 900 : 0), false],
  ['a leak that begins late', (at) => Math.max(100, at - SAMPLES / 2), false]
]

t.test('flat is what does not grow in the second half, whatever comes and goes', async (t) => {
  for (const [name, value, isFlat] of TABLE) {
    const samples = Array.from({ length: SAMPLES }, (_, at) => ({ ...nothing, at, resident: value(at) }))
    t.equal(flatness('resident', samples).isFlat, isFlat, name)
  }
  const few = Array.from({ length: 40 }, (_, at) => ({ ...nothing, at, resident: at }))
  t.match(flatness('resident', few), { growth: undefined, isFlat: true }, 'a short run says nothing')
})

t.test('docs/reliability.md has a row for each fault', async (t) => {
  const [, table = ''] = PAGE.split('| fault | calls that may be lost |\n')
  const rows = table.split('\n\n')[0]?.split('\n').slice(1) ?? []
  t.equal(rows.length, FAULTS.length)
  const replicas = FAULTS.filter(({ takesReplica }) => takesReplica).length
  t.match(PAGE, new RegExp(`The first ${['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'][replicas]} take`))
})
