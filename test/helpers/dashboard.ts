import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMPONENT } from './prometheus.ts'

/** What a test looks at in a panel. */
export interface DashboardPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string; readonly instant?: boolean }[]
}

export const panels = (
  JSON.parse(readFileSync(join(COMPONENT, 'holdfast.json'), 'utf8')) as { panels: readonly DashboardPanel[] }
).panels

export interface PanelQuery {
  readonly panel: DashboardPanel
  /** Of the panel. */
  readonly title: string
  readonly expr: string
  readonly legend: string
}

/** Each query with the values that Grafana puts in for its variables: all namespaces, and the shortest usual interval. */
export const queries: readonly PanelQuery[] = queriesWith('2m')

/** @param interval of rates, such as `2m` */
export function queriesWith(interval: string): PanelQuery[] {
  return panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, legendFormat = '' }) => ({
      panel,
      title: panel.title,
      expr: expr.replaceAll('$namespace', '.*').replaceAll('$__rate_interval', interval),
      legend: legendFormat
    }))
  )
}
