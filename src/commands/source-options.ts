import { isReleasedChart } from '../inventory/previous-sources.ts'
import { isChart } from '../inventory/rendered/chart.ts'
import type { SourceOptions } from '../inventory/sources.ts'
import type { Kinds } from '../inventory/yaml/kind.ts'
import { type ChartFlags, chartOptions, refuseWithoutChart } from './flags/chart.ts'
import type { UncheckedFlags } from './flags/unchecked.ts'

type Flags = Parameters<typeof chartOptions>[0] & ChartFlags & UncheckedFlags

/**
 * How sources are read.
 *
 * @param kinds that a policy reads
 * @throws HoldfastError FLAG_INVALID where flags are for a chart, and there is none
 */
export async function sourceOptions(
  paths: readonly string[],
  previous: readonly string[],
  flags: Flags,
  kinds: Kinds
): Promise<SourceOptions> {
  const charts = await Promise.all(paths.map(isChart))
  const before = await Promise.all(previous.map(async (source) => isReleasedChart(source) || (await isChart(source))))
  refuseWithoutChart(flags, [...charts, ...before].includes(true))
  return { chart: chartOptions(flags), allowUnchecked: flags.allowUnchecked === true, kinds }
}
