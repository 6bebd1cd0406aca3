import { mock } from 'node:test'
import t from 'tap'
import { whileNeeded } from '../../src/server/while-needed.ts'

t.test('a timer runs from its start until it is not needed, and can start again', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let calls = 0
  let isNeeded = true
  const timer = whileNeeded(1000, () => {
    calls++
    return isNeeded
  })
  const callsIn = (seconds: number): number => {
    const before = calls
    mock.timers.tick(seconds * 1000)
    return calls - before
  }
  t.equal(callsIn(5), 0, 'not started')
  timer.start()
  timer.start()
  t.equal(callsIn(3), 3, 'one timer, however often it is started')
  isNeeded = false
  t.equal(callsIn(3), 1, 'not needed any more')
  timer.start()
  t.equal(callsIn(3), 1, 'started again')
  isNeeded = true
  timer.start()
  timer.stop()
  t.equal(callsIn(3), 0, 'stopped')
})
