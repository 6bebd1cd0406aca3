import t from 'tap'
import { traceIdIn } from '../../src/server/trace.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

t.test('the trace of a request, where the header says one', async (t) => {
  const table: readonly (readonly [what: string, header: string | string[] | undefined, id: string | undefined])[] = [
    ['sampled', `00-${ID}-${SPAN}-01`, ID],
    ['not sampled', `00-${ID}-${SPAN}-00`, ID],
    ['a version to come, with more', `01-${ID}-${SPAN}-01-more`, ID],
    ['none', undefined, undefined],
    ['twice', [`00-${ID}-${SPAN}-01`], undefined],
    ['more than its version has', `00-${ID}-${SPAN}-01-more`, undefined],
    ['a version that is none', `ff-${ID}-${SPAN}-01`, undefined],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
    ['no span', `00-${ID}-${'0'.repeat(16)}-01`, undefined],
    ['capitals', `00-${ID.toUpperCase()}-${SPAN}-01`, undefined],
    ['too short', `00-${ID.slice(1)}-${SPAN}-01`, undefined],
    ['an end of the line in it', `00-${ID}-${SPAN}-01\n`, undefined],
    ['empty', '', undefined]
  ]
  for (const [what, header, id] of table) t.equal(traceIdIn(header), id, what)
})
