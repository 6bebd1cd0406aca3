import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { betweenMarks, table } from './markdown.ts'

export const MONITORING_FILE = 'docs/monitoring.md'

const RULES_FILE = join(import.meta.dirname, '../manifests/components/monitoring/prometheus-rule.yaml')

interface Rule {
  readonly alert: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string }
}

/** The page with the table of all alerts between its two marks. */
export function withAlerts(page: string): string {
  const { spec } = parse(readFileSync(RULES_FILE, 'utf8')) as {
    spec: { groups: readonly { rules: readonly Rule[] }[] }
  }
  const rows = spec.groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, labels, annotations, for: waits = '–' }) => {
      const summary = annotations.summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '`$1`')
      return `| [\`${alert}\`](runbooks/${alert}.md) | ${labels.severity} | ${waits} | ${summary} |`
    })
  return betweenMarks(page, 'alerts', table(['alert', 'severity', 'for', 'says'], rows), MONITORING_FILE)
}
