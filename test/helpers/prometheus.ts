import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** Where the component with its PodMonitor, PrometheusRule and dashboard is. */
export const COMPONENT = join(import.meta.dirname, '../../manifests/components/monitoring')

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** What Prometheus reads as a rule file. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[]
}

export interface PrometheusRule {
  readonly kind: string
  readonly spec: RuleFile
}

export const prometheusRule = parse(readFileSync(join(COMPONENT, 'prometheus-rule.yaml'), 'utf8')) as PrometheusRule

/** Each rule; an alert with two severities is there twice. */
export const alertRules = prometheusRule.spec.groups.flatMap(({ rules }) => rules)

/** The path of a program of Prometheus, such as `promtool`: the one that the environment names, or that of PATH. */
export function programOf(name: 'prometheus' | 'promtool'): string {
  return process.env[name.toUpperCase()] ?? name
}

/** The sentence with which tests skip that need the program, or false where it can be run. */
export function withoutProgram(name: 'prometheus' | 'promtool'): string | false {
  if (spawnSync(programOf(name), ['--version']).error === undefined) return false
  return `${name} is not on the PATH: install Prometheus, or set ${name.toUpperCase()} to the path of the program`
}
