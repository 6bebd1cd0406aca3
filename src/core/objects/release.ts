import { type JsonObject, objectOf, own, textOf } from '../values/json.ts'
import { parseImage } from './image.ts'
import { labelsOf, specOf } from './metadata.ts'
import { containersOf, imageOf } from './pod.ts'

/** A chart as its label names it. */
export interface ChartRelease {
  readonly name: string
  readonly version: string
}

/** Keys that name a chart: of today, and of charts before 2019. */
export const CHART_KEYS = ['helm.sh/chart', 'chart'] as const

/** Keys whose value is a version by what they mean. */
const VERSION_KEYS = ['app.kubernetes.io/version', 'tags.datadoghq.com/version', 'version'] as const

/** Keys that say nothing else, whatever their value looks like. */
const VOLATILE_KEYS: readonly string[] = ['helm.sh/chart', 'app.kubernetes.io/version', 'tags.datadoghq.com/version']

/** Text that is longer names no version. */
const LONGEST = 200

/** `prometheus-pushgateway-2.17.0`; a `+` in a version is written as `_`. */
const CHART = /^(.+?)-(v?\d+\.\d+\.\d+\S*)$/

/** The chart that an object is of, as far as its labels say. */
export function chartReleaseOf(object: JsonObject): ChartRelease | undefined {
  for (const key of CHART_KEYS) {
    const chart = chartIn(own(labelsOf(object), key))
    if (chart !== undefined) return chart
  }
  return undefined
}

function chartIn(value: unknown): ChartRelease | undefined {
  const match = typeof value === 'string' && value.length <= LONGEST ? CHART.exec(value) : null
  return match === null ? undefined : { name: match[1] as string, version: match[2] as string }
}

/**
 * Keys of labels that change when the release does: those that name a chart or a version, and those with a value in which a
 * version of the workload stands (its chart's, its own, or that of an image). What the selector names never changes.
 *
 * @param labels of a part of the workload, such as a claim template
 */
export function volatileKeysIn(labels: JsonObject, workload: JsonObject): readonly string[] {
  const selected = objectOf(objectOf(specOf(workload).selector).matchLabels)
  const versions = versionsOf(workload)
  const keys = Object.keys(labels).filter((key) => {
    if (own(selected, key) !== undefined) return false
    const value = own(labels, key)
    if (VOLATILE_KEYS.includes(key) || (key === 'chart' && chartIn(value) !== undefined)) return true
    return typeof value === 'string' && versions.some((version) => holds(value, version))
  })
  // In one order, whether a file has them in its own or the API server in the alphabet's.
  return [
    ...VOLATILE_KEYS.filter((key) => keys.includes(key)),
    ...keys.filter((key) => !VOLATILE_KEYS.includes(key)).sort()
  ]
}

/** How many containers are asked for their version. */
const CONTAINERS = 20

/** The versions that a workload names of itself, each with a dot in it: a bare number stands in many a value. */
function versionsOf(workload: JsonObject): readonly string[] {
  const template = objectOf(specOf(workload).template)
  const labels = [labelsOf(workload), labelsOf(template)]
  const named = labels.flatMap((one) => [
    ...CHART_KEYS.map((key) => chartIn(own(one, key))?.version),
    ...VERSION_KEYS.map((key) => textOf(own(one, key)))
  ])
  const tags = containersOf(template)
    .slice(0, CONTAINERS)
    .map((container) => parseImage(imageOf(container)).tag)
  const versions = [...named, ...tags].flatMap((text) => versionIn(text) ?? [])
  return [...new Set(versions)]
}

/** `v1.11.0-distroless` is a version by `1.11.0`. */
function versionIn(text: string | undefined): string | undefined {
  return text === undefined || text.length > LONGEST ? undefined : /\d+(?:\.\d+)+/.exec(text)?.[0]
}

/** Whether a version stands in a text by itself: `3.5` in `v3.5-x`, and not in `13.5` or `3.5.1`. */
function holds(text: string, version: string): boolean {
  if (text.length > LONGEST) return false
  for (let at = text.indexOf(version); at >= 0; at = text.indexOf(version, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + version.length]]
    if (!/[\d.]/.test(before) && !/\d/.test(after) && !/^\.\d/.test(text.slice(at + version.length))) return true
  }
  return false
}
