import t from 'tap'
import { preStopSeconds } from '../../../src/core/objects/pod.ts'

t.test('how long a preStop takes at the least', async (t) => {
  const shell = (script: string): object => ({ exec: { command: ['/bin/sh', '-c', script] } })
  const table: readonly (readonly [object, number | undefined])[] = [
    [{ sleep: { seconds: 30 } }, 30],
    [{ exec: { command: ['sleep', '5'] } }, 5],
    [{ exec: { command: ['/usr/bin/sleep', '5s'] } }, 5],
    [shell('sleep 30'), 30],
    [shell('sleep 1.5'), 2],
    [shell('sleep 2m;sleep 3'), 123],
    [shell('/pushgateway --flush-metrics & sleep 60'), 60],
    [shell('(sleep 4) && true'), 4],
    [shell('nosleep 30'), undefined],
    [shell('sleep infinity'), undefined],
    [shell('sleep $SECONDS'), undefined],
    [shell('sleep 99999999999'), undefined],
    [{ exec: { command: 'sleep 5' } }, undefined],
    [{ exec: { command: [null, 5, 'sleep', '5'] } }, 5],
    [{ httpGet: { path: '/sleep 5' } }, undefined],
    [{}, undefined]
  ]
  for (const [preStop, seconds] of table) t.equal(preStopSeconds(preStop as never), seconds, JSON.stringify(preStop))
})
