import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { STATEFUL_SET } from '../../core/objects/kinds.ts'
import { nameOfObject } from '../../core/objects/metadata.ts'
import { detached, type JsonObject } from '../../core/values/json.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { namespaceOf } from '../files/previous.ts'
import { type Note, type Read, readText, type WantedKinds } from '../files/read.ts'
import type { FileReadProblem } from '../files/walk.ts'
import { isOfKind } from '../subjects.ts'
import { Kinds } from '../yaml/kind.ts'
import { type ChartOptions, helmTemplate, type ReleasedChart } from './helm.ts'
import { nextReleaseOf } from './next-release.ts'
import { placed, sourceIn } from './placed.ts'

export async function isChart(path: string): Promise<boolean> {
  return isFile(join(path, 'Chart.yaml'))
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}

/** What is wanted of a chart. */
export interface ChartReading {
  /** Whether StatefulSets are told as the next version of the chart renders them, too. */
  readonly asNext: boolean
  readonly kinds: WantedKinds
}

/**
 * The objects of a chart as Helm renders it. Each is said to stand in its template, in a line that is not known.
 *
 * @param called what to call the chart's directory
 */
export async function* readChart(
  chart: string,
  called: string,
  options: ChartOptions,
  { asNext, kinds }: ChartReading
): AsyncGenerator<Read | Note> {
  const chunks = await rendered(chart, called, options)
  if (!Array.isArray(chunks)) return yield chunks
  const next: NextSets =
    asNext && chunks.some((chunk) => chunk.includes('StatefulSet')) ? await nextSets(chart, options) : NONE
  if (next.note !== undefined) yield { kind: 'note', text: `${called}: ${next.note}.` }
  for await (const read of readText(called, chunks, kinds)) {
    const source = sourceIn(read)
    const place = source === undefined ? { file: join(called, 'Chart.yaml') } : await placeOf(chart, called, source)
    yield placed(read, place, (object) => next.sets.get(keyOf(object)))
  }
}

/** The objects of a chart of a repository. */
export async function* readReleasedChart(
  chart: ReleasedChart,
  called: string,
  options: ChartOptions
): AsyncGenerator<Read | Note> {
  const chunks = await rendered(chart, called, options)
  if (!Array.isArray(chunks)) return yield chunks
  for await (const read of readText(called, chunks)) yield placed(read, { file: called, template: sourceIn(read) })
}

/** What Helm prints, or what to say of it where that is nothing. */
async function rendered(
  chart: string | ReleasedChart,
  called: string,
  options: ChartOptions
): Promise<Buffer[] | FileReadProblem> {
  try {
    return [...(await helmTemplate(chart, options))]
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    return { kind: 'problem', file: called, error, text: '' }
  }
}

interface NextSets {
  readonly sets: ReadonlyMap<string, JsonObject>
  /** Why there are none. */
  readonly note?: string
}

const NONE: NextSets = { sets: new Map() }

async function nextSets(chart: string, options: ChartOptions): Promise<NextSets> {
  const sets = new Map<string, JsonObject>()
  try {
    const release = await nextReleaseOf(chart)
    if (release === undefined) return { sets, note: `${NOT_RENDERED}: Chart.yaml has no line with its version` }
    const chunks = await helmTemplate(release.directory, options).finally(release.remove)
    for await (const read of readText(chart, chunks, STATEFUL_SETS)) {
      if (read.kind !== 'document') continue
      for (const { object } of read.manifests) {
        if (isOfKind(STATEFUL_SET, object)) sets.set(keyOf(object), detached(object))
      }
    }
    return { sets }
  } catch (error) {
    return { sets, note: `${NOT_RENDERED}: ${messageOf(error)}` }
  }
}

const STATEFUL_SETS = new Kinds([STATEFUL_SET])

const NOT_RENDERED = 'Not compared with its next version'

function keyOf(object: JsonObject): string {
  return `${object.kind}/${namespaceOf(object) ?? ''}/${nameOfObject(object)}`
}

/** `chart/templates/a.yaml` and `chart/charts/part/templates/a.yaml`, without a step upwards. */
const SOURCE = /^[^/]+\/((?!\.\.?\/)(?:(?!\/\.\.?\/)[^\0])+)$/

/** The template in the chart, or Chart.yaml where the template lies in an archive. */
async function placeOf(chart: string, called: string, source: string): Promise<{ file: string; template?: string }> {
  const within = SOURCE.exec(source)?.[1]
  if (within !== undefined && (await isFile(join(chart, within)))) return { file: join(called, within) }
  return { file: join(called, 'Chart.yaml'), template: source }
}
