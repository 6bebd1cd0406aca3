import { inertJson, oneLine, wrap } from '../../core/values/text.ts'
import type { CarriedOut } from '../../upgrade/carry-out/carry-out.ts'
import type { Obstacle } from '../../upgrade/obstacle.ts'
import { VERSION } from '../../version.ts'

/** What has become of a StatefulSet, or would. */
export interface Result {
  readonly namespace: string
  readonly name: string
  readonly outcome: 'recreated' | 'planned' | 'nothing-to-do' | 'refused' | 'stopped' | 'not-reached'
  /** A sentence with its full stop. */
  readonly message: string
  readonly obstacles?: readonly Obstacle[]
  /** Titles of the steps, in their order. */
  readonly steps?: readonly string[]
  /** The file with the old object. */
  readonly saved?: string
  readonly done?: CarriedOut
}

/** One document for a pipeline. */
export function recreateReport(results: readonly Result[]): string {
  const statefulSets = results.map(({ done, ...result }) => ({ ...result, ...done }))
  return `${inertJson(JSON.stringify({ command: 'recreate', version: VERSION, statefulSets }, null, 2))}\n`
}

/** What is said at the end, of one. */
export function resultText({ namespace, name, message, obstacles = [], done }: Result, width: number): string {
  const lines = [`StatefulSet ${namespace}/${name}: ${message}`]
  for (const { reason, fix } of obstacles) lines.push(`- ${reason}. Fix: ${fix}.`)
  if (done !== undefined) lines.push(...outcomeLines(done))
  return `${lines.flatMap((line, index) => indented(line, index === 0 ? 0 : 3, width)).join('\n')}\n`
}

function outcomeLines({ pods, newPods, claims, newClaims, withoutControllerMs: ms }: CarriedOut): string[] {
  return [
    listed('The same Pods as before', pods),
    listed('New Pods', newPods),
    listed('The same PVCs as before', claims),
    listed('New PVCs', newClaims),
    ms === undefined
      ? 'How long its Pods had no controller is not known: an earlier run deleted it.'
      : `Between its deletion and the adoption of its Pods: ${(ms / 1000).toFixed(1)} s.`
  ].filter((line) => line !== '')
}

function listed(title: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${title}: ${names.join(', ')}.`
}

function indented(text: string, by: number, width: number): string[] {
  const blank = ' '.repeat(by)
  return wrap(oneLine(text), width - by - 2).map(
    (line, index) => `${blank}${index > 0 && text.startsWith('- ') ? '  ' : ''}${line}`
  )
}
