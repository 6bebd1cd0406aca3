// A real Prometheus with the rules of the component, in a hurry.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../helpers/free-port.ts'
import { programOf, type RuleFile } from '../../helpers/prometheus.ts'
import { type Component, startComponent } from './component.ts'
import { until } from './wait.ts'

/** Prometheus' own minutes become seconds. */
const FACTOR = 60

/**
 * The rules with all their windows and waiting times divided by FACTOR, but for those of days: data of the past fills
 * them. Thresholds stay as they are.
 */
export function hurried({ groups }: RuleFile): RuleFile {
  const shorter = (text: string): string =>
    text.replaceAll(/\b(\d+)([mh])\b/g, (_, count, unit) => `${Number(count) * (unit === 'h' ? 3600 / FACTOR : 1)}s`)
  return {
    groups: groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => ({
        ...rule,
        expr: shorter(rule.expr),
        ...(rule.for !== undefined && { for: shorter(rule.for) })
      }))
    }))
  }
}

export interface Target {
  readonly job: string
  /** `127.0.0.1:8080` */
  readonly address: string
  readonly path: string
  readonly labels?: Readonly<Record<string, string>>
}

/** One series of the answer to a query, with its newest value. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}

/** One series of the answer to a query of a range. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [time: number, value: string])[]
}

export interface LivePrometheus {
  readonly component: Component
  query(expr: string): Promise<readonly Sample[]>
  /** Of the last so many seconds, with a value each second. */
  range(expr: string, seconds: number): Promise<readonly Series[]>
  /** `HoldfastDown critical`, of those that fire. */
  firing(): Promise<readonly string[]>
}

/**
 * Starts Prometheus on a free port of 127.0.0.1. It scrapes and evaluates each second.
 *
 * @param past samples of the past in OpenMetrics text
 */
export async function startPrometheus(
  directory: string,
  { rules, targets, past }: { rules: RuleFile; targets: readonly Target[]; past: string }
): Promise<LivePrometheus> {
  const data = join(directory, 'data')
  mkdirSync(data)
  writeFileSync(join(directory, 'past.om'), past)
  const { status, stderr } = spawnSync(
    programOf('promtool'),
    ['tsdb', 'create-blocks-from', 'openmetrics', join(directory, 'past.om'), data],
    { encoding: 'utf8' }
  )
  if (status !== 0) throw new Error(`promtool could not write the past: ${stderr}`)
  writeFileSync(join(directory, 'rules.json'), JSON.stringify(rules))
  writeFileSync(join(directory, 'prometheus.json'), JSON.stringify(configurationOf(targets)))
  const address = `127.0.0.1:${await freePort()}`
  const component = startComponent(
    'prometheus',
    programOf('prometheus'),
    [
      `--config.file=${join(directory, 'prometheus.json')}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${address}`
    ],
    directory
  )
  const ask = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as { data?: T; error?: string }
    if (answer.data === undefined) throw new Error(`${path}: ${answer.error}`)
    return answer.data
  }
  await until('Prometheus to be ready', async () => (await fetch(`http://${address}/-/ready`)).ok)
  return {
    component,
    query: async (expr) => (await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result,
    async range(expr, seconds) {
      const end = Date.now() / 1000
      const times = `start=${end - seconds}&end=${end}&step=1`
      return (await ask<{ result: Series[] }>(`query_range?query=${encodeURIComponent(expr)}&${times}`)).result
    },
    async firing() {
      const { alerts } = await ask<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts')
      const names = alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => `${labels.alertname} ${labels.severity}`)
      return [...new Set(names)].sort()
    }
  }
}

function configurationOf(targets: readonly Target[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.json'],
    scrape_configs: targets.map(({ job, address, path, labels }, index) => ({
      job_name: `${job}-${index}`,
      metrics_path: path,
      static_configs: [{ targets: [address], labels: { job, ...labels } }]
    }))
  }
}
