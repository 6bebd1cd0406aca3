import { isObject, listOf, objectOf } from '../core/values/json.ts'
import { REPORT_KIND } from './json.ts'
import type { Counts } from './report.ts'

/** What an earlier run found, in numbers. */
export interface TrendPoint {
  /** When it began: ISO 8601, UTC. */
  readonly createdAt: string
  /** What was looked at: numbers of another cluster are no trend. */
  readonly source: string
  readonly checked: number
  readonly counts: Counts
  /** Objects that will fail at their next upgrade. */
  readonly failing: number
  /** Whether all was read and checked. */
  readonly isComplete: boolean
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/

/** The numbers of a JSON report; undefined for what is none. */
export function trendPointOf(document: unknown): TrendPoint | undefined {
  if (!isObject(document) || document.kind !== REPORT_KIND) return undefined
  const { createdAt, source, judged, objects, problems } = document
  const { error, warning, note } = objectOf(document.counts)
  if (typeof createdAt !== 'string' || !TIME.test(createdAt) || typeof source !== 'string') return undefined
  if (!isCount(judged) || !isCount(error) || !isCount(warning) || !isCount(note)) return undefined
  const found = listOf(objects).map((object) => listOf(objectOf(object).findings).map(objectOf))
  return {
    createdAt,
    source,
    checked: judged,
    counts: { error, warning, note },
    failing: found.filter((findings) => findings.some(({ failsNextUpgrade }) => failsNextUpgrade === true)).length,
    isComplete: listOf(problems).length === 0 && !found.flat().some(({ outcome }) => outcome === 'crashed')
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
