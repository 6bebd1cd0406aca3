import { type Case, generatedCase } from './cases.ts'
import { faultsOfManifests, faultsOfText } from './manifests.ts'
import { clone } from './mutate.ts'
import { faultsOfReview } from './reviews.ts'
import { Tally } from './tally.ts'

/** One of so many cases is looked at in this way as well, because it takes long. */
const WHOLE_EVERY = 8
const FORMATS_EVERY = 64
const COMMAND_EVERY = 4096

/** What is wrong with what Holdfast makes of a case, each as `property: what`. Whatever is thrown is a crash. */
export async function faultsOf(one: Case, number = 0, tally = new Tally()): Promise<string[]> {
  const depth = { formats: number % FORMATS_EVERY === 0, command: number % COMMAND_EVERY === 0 }
  try {
    if (one.kind === 'review') return faultsOfReview(one, number % WHOLE_EVERY === 0, tally)
    return one.kind === 'manifest' ? await faultsOfManifests(one, depth, tally) : await faultsOfText(one, depth, tally)
  } catch (error) {
    return [`crash: ${error instanceof Error ? error.stack : String(error)}`]
  }
}

export interface Failure {
  readonly number: number
  readonly faults: readonly string[]
  /** As small as it could be made, with the same property broken. */
  readonly smallest: Case
}

export interface FuzzOptions {
  readonly cases: number
  readonly seed: string
  /** The number of the first case. */
  readonly first?: number
  /** Ends the run after so many failures. */
  readonly most: number
  readonly tally: Tally
  failed(failure: Failure): void
  done?(cases: number): void
}

/** Runs generated cases, and answers with how many failed. */
export async function fuzz({ cases, seed, first = 0, most, tally, failed, done }: FuzzOptions): Promise<number> {
  let failures = 0
  for (let number = first; number < first + cases && failures < most; number++) {
    const one = generatedCase(seed, number)
    const faults = await faultsOf(one, number, tally)
    if (faults.length > 0) {
      failures++
      failed({ number, faults, smallest: await smallestOf(one, propertyOf(faults)) })
    }
    done?.(number - first + 1)
  }
  return failures
}

function propertyOf([fault = '']: readonly string[]): string {
  return fault.slice(0, fault.indexOf(':'))
}

/** Tries before a case is small enough. */
const MOST_TRIES = 1500

/** The case with everything taken away without which the property is broken all the same. */
async function smallestOf(one: Case, property: string): Promise<Case> {
  let smallest = one
  let tries = 0
  const isBroken = async (made: Case): Promise<boolean> => {
    tries++
    return (await faultsOf(made)).some((fault) => fault.startsWith(`${property}:`))
  }
  for (let isSmaller = true; isSmaller && tries < MOST_TRIES; ) {
    isSmaller = false
    for (const made of smallerOnes(smallest)) {
      if (tries >= MOST_TRIES) break
      if (!(await isBroken(made))) continue
      smallest = made
      isSmaller = true
      break
    }
  }
  return smallest
}

function* smallerOnes(one: Case): Generator<Case> {
  if (one.kind === 'text') {
    for (let part = one.text.length >> 1; part > 0; part >>= 1) {
      for (let at = 0; at < one.text.length; at += part) {
        yield { ...one, text: one.text.slice(0, at) + one.text.slice(at + part) }
      }
    }
    return
  }
  const parts = one.kind === 'review' ? [one.review.request as object] : [one.objects, one.previous]
  for (const [index, part] of parts.entries()) {
    for (const path of placesIn(part, [])) {
      const copy = clone(one)
      const roots =
        copy.kind === 'review' ? [copy.review.request] : copy.kind === 'manifest' ? [copy.objects, copy.previous] : []
      removeAt(roots[index], path)
      yield copy
    }
  }
}

/** The largest parts first. */
function* placesIn(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null || path.length > 12) return
  const entries = Object.entries(value)
  for (const [key] of entries) yield [...path, key]
  for (const [key, inner] of entries) yield* placesIn(inner, [...path, key])
}

function removeAt(root: unknown, path: readonly string[]): void {
  let parent = root as Record<string, unknown>
  for (const step of path.slice(0, -1)) parent = Object.getOwnPropertyDescriptor(parent, step)?.value
  const last = path.at(-1) as string
  if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete parent[last]
}
