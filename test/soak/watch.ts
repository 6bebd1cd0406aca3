import { setTimeout as sleep } from 'node:timers/promises'
import { sumOf } from '../e2e/harness/metrics.ts'
import { CODES } from './answers.ts'
import type { Generation, Instance } from './instance.ts'
import type { World } from './world.ts'

const LOOK_MS = 2000

/** What the steady replica took at one moment. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number
  /** Bytes. */
  readonly resident: number
  readonly descriptors: number
  readonly connections: number
}

/** Looks at both replicas again and again while the run lasts. */
export async function watch(world: World): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const start = performance.now()
  while (world.isRunning()) {
    for (const instance of world.instances) {
      const metrics = await look(world, instance)
      const { resident, descriptors } = instance
      if (instance !== world.steady || metrics === undefined || resident === undefined || descriptors === undefined)
        continue
      const connections = sumOf(metrics, 'holdfast_connections')
      samples.push({ at: (performance.now() - start) / 1000, resident, descriptors, connections })
    }
    await sleep(LOOK_MS)
  }
  return samples
}

/** Every refusal that a client has seen so far is counted. @returns the metrics, where there are any */
async function look(world: World, instance: Instance): Promise<string | undefined> {
  const generation = instance.current
  if (generation === undefined) return undefined
  const { least } = generation.tally
  const metrics = await instance.health('/metrics', 3000).catch(() => undefined)
  if (metrics === undefined || instance.current !== generation) return undefined
  for (const [code, seen] of least) {
    const counted = countedIn(metrics, code)
    if (counted < seen) world.violations.add(`${instance.name} counts ${counted} of ${code}, and clients saw ${seen}`)
  }
  for (const code of ['INTERNAL', 'POLICIES_CRASHED']) {
    if (countedIn(metrics, code) > 0) world.violations.add(`${instance.name} counts ${code}: ${instance.errors.at(-1)}`)
  }
  return metrics
}

/** When nothing is under way: nothing is counted that no client had a part in. */
export async function settle(world: World, instance: Instance): Promise<void> {
  const generation = instance.current as Generation
  const metrics = await instance.health('/metrics', 3000)
  for (const code of CODES) {
    const counted = countedIn(metrics, code)
    const [least, most] = [generation.tally.seen.get(code) ?? 0, generation.tally.most(code)]
    if (counted >= least && counted <= most) continue
    world.violations.add(
      `${instance.name} counts ${counted} of ${code}; clients saw ${least}, and ${most} are possible`
    )
  }
}

function countedIn(metrics: string, code: string): number {
  if (code === 'closed') return sumOf(metrics, 'holdfast_connections_closed_total', { port: 'https' })
  return sumOf(metrics, 'holdfast_review_errors_total', { code })
}
