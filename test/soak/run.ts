import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../helpers/random.ts'
import { expectationsFrom } from './answers.ts'
import { Balancer } from './balancer.ts'
import { Certificates } from './certificates.ts'
import { CONFIG_FILE, CONFIGURATIONS, type ConfigurationName } from './configurations.ts'
import type { Fault } from './faults/fault.ts'
import { FAULTS } from './faults/index.ts'
import { Volume } from './files.ts'
import { type Flatness, flatness } from './flat.ts'
import { Instance, type Places } from './instance.ts'
import { intruder } from './load/connections.ts'
import { goodClient } from './load/good.ts'
import { hostileClient } from './load/hostile.ts'
import { Violations } from './violations.ts'
import { settle, watch } from './watch.ts'
import type { World } from './world.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly seed: string
}

export interface SoakReport extends SoakOptions {
  readonly violations: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly flat: readonly Flatness[]
  readonly memory: readonly {
    readonly replica: string
    readonly peak: number | undefined
    readonly kills: number | undefined
  }[]
  /** CPU of all processes, as a share of one core. */
  readonly cpu: number
}

/** Between two faults that follow each other. */
const PAUSE_MS = 1500

/** In which the last calls end and intruders are closed. */
const SETTLE_MS = 3000

export async function runSoak({ minutes, seed }: SoakOptions): Promise<SoakReport> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
  const violations = new Violations()
  const certificates = await Certificates.make(join(directory, 'tls'))
  const configuration = new Volume(join(directory, 'config'), { [CONFIG_FILE]: CONFIGURATIONS.rejecting })
  const places: Places = {
    directory,
    certificate: certificates.volume.path('tls.crt'),
    privateKey: certificates.volume.path('tls.key'),
    config: configuration.path(CONFIG_FILE)
  }
  const [quiet, steady, other] = await Promise.all(
    ['quiet', 'steady', 'other'].map((name) => Instance.make(name, places, violations))
  )
  if (quiet === undefined || steady === undefined || other === undefined) throw new Error('there are three')
  const instances = [steady, other]
  const balancer = new Balancer(instances)
  try {
    const expectations = await expectationsFrom(quiet, configuration, certificates.ca)
    configuration.publish({ [CONFIG_FILE]: CONFIGURATIONS.rejecting })
    await Promise.all(instances.map((instance) => instance.start()))
    let running = true
    const world: World = {
      ...{ random: new Random(seed), violations, steady, other, instances, balancer, certificates, configuration },
      port: await balancer.start(),
      inForce: new Set<ConfigurationName>(['rejecting']),
      expectations,
      counts: new Map(),
      isRunning: () => running
    }
    const started = { at: performance.now(), cpu: process.cpuUsage() }
    const load = startLoad(world)
    const watching = watch(world)
    const faults = await playFaults(world, performance.now() + minutes * 60_000)
    running = false
    await Promise.all(load)
    const samples = await watching
    await sleep(SETTLE_MS)
    for (const instance of instances) await settle(world, instance)
    const seconds = (performance.now() - started.at) / 1000
    const own = process.cpuUsage(started.cpu)
    const cpu = ((own.user + own.system) / 1e6 + steady.cpuSeconds + other.cpuSeconds) / seconds
    const flat = (['resident', 'descriptors', 'connections'] as const).map((what) => flatness(what, samples))
    for (const { what, growth, isFlat } of flat)
      if (!isFlat) violations.add(`${what} grew by ${growth} from the third quarter to the last`)
    const memory = instances.map(({ name, memory }) => ({
      replica: name,
      peak: memory?.peak(),
      kills: memory?.kills()
    }))
    for (const { replica, kills } of memory) if (kills) violations.add(`${replica} is killed ${kills} times for memory`)
    return {
      ...{ minutes, seed, violations: violations.list, counts: Object.fromEntries(world.counts) },
      ...{ faults: Object.fromEntries(faults), flat, memory, cpu }
    }
  } finally {
    balancer.stop()
    for (const instance of [quiet, steady, other]) await instance.dispose()
    rmSync(directory, { recursive: true })
  }
}

/** About 50 good reviews a second and 5 hostile ones, with 2 connections a second that are left half-way. */
function startLoad(world: World): Promise<void>[] {
  return [
    ...[120, 130, 140, 150, 160].map((pause) => goodClient(world, true, pause)),
    ...[300, 500].map((pause) => goodClient(world, false, pause)),
    ...[400, 600].map((pause) => hostileClient(world, pause)),
    intruder(world, 500)
  ]
}

/** Each fault at least once, in an order that the seed decides, until the time is over. */
async function playFaults(world: World, end: number): Promise<ReadonlyMap<string, number>> {
  const played = new Map<string, number>()
  const lane = async (faults: readonly Fault[]): Promise<void> => {
    for (let round = 0; round === 0 || performance.now() < end; round++) {
      for (const fault of shuffled(world.random, faults)) {
        if (round > 0 && performance.now() > end) return
        await sleep(PAUSE_MS * (0.5 + world.random.next()))
        world.violations.active.add(fault.name)
        await fault.play(world).catch((error) => world.violations.add(String(error)))
        world.violations.active.delete(fault.name)
        played.set(fault.name, (played.get(fault.name) ?? 0) + 1)
      }
    }
  }
  await Promise.all([lane(FAULTS.filter((it) => it.takesReplica)), lane(FAULTS.filter((it) => !it.takesReplica))])
  return played
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const left = [...items]
  return Array.from({ length: items.length }, () => left.splice(random.below(left.length), 1)[0] as Item)
}
