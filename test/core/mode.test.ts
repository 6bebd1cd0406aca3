import t from 'tap'
import { isMode, lowest, MODES } from '../../src/core/mode.ts'

t.test('the lowest ceiling wins, wherever it stands', async (t) => {
  for (const [low, one] of MODES.entries()) {
    for (const other of MODES.slice(low)) {
      t.equal(lowest(one, other, 'enforce'), one)
      t.equal(lowest('enforce', other, one), one)
    }
  }
})

t.test('what is a mode', async (t) => {
  t.ok(isMode('audit'))
  for (const value of ['Audit', '', 'constructor', null, 1]) t.notOk(isMode(value), String(value))
})
