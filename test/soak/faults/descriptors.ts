import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayLose, mayNotLose } from '../world.ts'
import { type Fault, untilBalanced } from './fault.ts'

const HELD_MS = 5000

function limit(pid: number, soft: number | string): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${soft}:`])
}

/** The process may open no file more, so that new connections end at once. Those that it has go on. */
export const descriptors: Fault = {
  name: 'no descriptors left',
  takesReplica: true,
  async play(world) {
    const { steady } = world
    const [, before = '1024'] =
      /(\d+)\s*$/.exec(
        execFileSync('prlimit', [`--pid=${steady.pid}`, '--nofile', '--noheadings', '--output=SOFT'], {
          encoding: 'utf8'
        })
      ) ?? []
    mayLose(steady, 'no descriptors left')
    limit(steady.pid, steady.descriptors ?? 0)
    await sleep(HELD_MS)
    limit(steady.pid, before)
    await untilBalanced(world)
    mayNotLose(steady)
  }
}
