import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../world.ts'
import { mayLose, mayNotLose } from '../world.ts'
import { type Fault, untilBalanced } from './fault.ts'

/** Less than a call waits: it is answered late. */
const SHORT_MS = 1500
/** More than a call waits. */
const LONG_MS = 7000

async function pause(world: World, ms: number): Promise<void> {
  const instance = world.random.pick(world.instances)
  const isLong = ms === LONG_MS
  if (isLong) mayLose(instance, 'SIGSTOP for longer than a call waits')
  instance.signal('SIGSTOP')
  await sleep(ms)
  instance.signal('SIGCONT')
  await untilBalanced(world)
  if (isLong) mayNotLose(instance)
}

export const shortPause: Fault = { name: 'SIGSTOP, short', takesReplica: true, play: (world) => pause(world, SHORT_MS) }
export const longPause: Fault = { name: 'SIGSTOP, long', takesReplica: true, play: (world) => pause(world, LONG_MS) }
