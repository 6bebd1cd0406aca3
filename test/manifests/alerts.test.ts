// Each alert: its cases for promtool, its page, and what the field expects of an alert.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { VERSION } from '../../src/version.ts'
import { filesIn } from '../helpers/files.ts'
import { alertRules, programOf, prometheusRule, withoutProgram } from '../helpers/prometheus.ts'

// promtool needs a second or two for a file whose cases last days, and there are three runs of each.
t.setTimeout(240_000)

const ROOT = join(import.meta.dirname, '../..')
const CASES = join(import.meta.dirname, 'alerts')
const RUNBOOKS = join(ROOT, 'docs/runbooks')

const names = [...new Set(alertRules.map(({ alert }) => alert))]
const skip = withoutProgram('promtool')

interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[]
  }[]
}

function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(programOf('promtool'), args, { encoding: 'utf8' })
  return status === 0 ? '' : stdout + stderr
}

/** A directory with all cases beside the rules, or other rules. */
function casesWith(rules: unknown): string {
  const directory = filesIn({ 'rules.yaml': JSON.stringify(rules) })
  cpSync(CASES, directory, { recursive: true })
  return directory
}

t.test('every rule has what a reader of the alert needs', async (t) => {
  t.ok(names.length > 10)
  for (const { alert, expr, labels, annotations } of alertRules) {
    t.match(alert, /^Holdfast[A-Z]/)
    t.match(labels.severity, /^(critical|warning)$/, `${alert}: severity`)
    t.match(annotations.summary, /^[A-Z].*\.$/, `${alert}: summary`)
    t.match(annotations.description, /\.$/, `${alert}: description`)
    t.equal(
      annotations.runbook_url,
      `https://github.com/holdfast-dev/holdfast/blob/v${VERSION}/docs/runbooks/${alert}.md`,
      `${alert}: runbook_url`
    )
    t.notMatch(expr, /namespace=|job="/, `${alert}: it works in any namespace, however it is scraped`)
  }
})

t.test('every alert has its page, and every page its alert', async (t) => {
  const pages = globSync('*.md', { cwd: RUNBOOKS }).map((file) => basename(file, '.md'))
  t.strictSame(pages.sort(), [...names].sort())
  for (const name of names) {
    const page = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8')
    const headings = [...page.matchAll(/^#+ .+$/gm)].map(([heading]) => heading)
    t.strictSame(headings.slice(0, 5), [`# ${name}`, '## Meaning', '## Impact', '## Diagnosis', '## Mitigation'], name)
  }
})

t.test('every alert has cases in which it fires, and in which it does not', async (t) => {
  for (const name of names) {
    const { tests } = parse(readFileSync(join(CASES, `${name}.yaml`), 'utf8')) as Cases
    const expected = tests.flatMap((it) => it.alert_rule_test ?? []).filter(({ alertname }) => alertname === name)
    t.ok(
      expected.some(({ exp_alerts: alerts = [] }) => alerts.length > 0),
      `${name} fires`
    )
    t.ok(
      expected.some(({ exp_alerts: alerts = [] }) => alerts.length === 0),
      `${name} does not, before or after`
    )
  }
})

t.test('promtool: the rules are valid', { skip }, async (t) => {
  const directory = filesIn({ 'rules.yaml': JSON.stringify(prometheusRule.spec) })
  t.equal(promtool('check', 'rules', join(directory, 'rules.yaml')), '')
  writeFileSync(join(directory, 'broken.yaml'), JSON.stringify(prometheusRule.spec).replace('absent(', 'abscent('))
  t.match(promtool('check', 'rules', join(directory, 'broken.yaml')), 'abscent', 'and it sees what is not')
})

t.test('promtool: the cases', { skip }, async (t) => {
  const directory = casesWith(prometheusRule.spec)
  for (const file of globSync('*.yaml', { cwd: CASES }).sort()) {
    t.equal(promtool('test', 'rules', join(directory, file)), '', file)
  }
})

t.test('promtool: the cases see a rule that is silent, and one that is not', { skip }, async (t) => {
  const withExpression = (change: (expr: string) => string): unknown => ({
    groups: prometheusRule.spec.groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => ({ ...rule, expr: change(rule.expr) }))
    }))
  })
  const silent = casesWith(withExpression((expr) => `(${expr}) and on () vector(0) > 1`))
  for (const name of names)
    t.match(promtool('test', 'rules', join(silent, `${name}.yaml`)), 'FAILED', `${name}, silent`)
  const loud = casesWith(withExpression(() => 'vector(1)'))
  for (const file of [...names.map((name) => `${name}.yaml`), 'no-false-alarms.yaml']) {
    t.match(promtool('test', 'rules', join(loud, file)), 'FAILED', `${file}, loud`)
  }
})
