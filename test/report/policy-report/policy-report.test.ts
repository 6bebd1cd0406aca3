import { Ajv } from 'ajv'
import t from 'tap'
import { apiVersionOf } from '../../../src/core/objects/kinds.ts'
import { isSetPolicy } from '../../../src/core/policy.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import {
  LEFT_OUT,
  MOST_REPORT_RESULTS,
  POLICY_REPORT_APIS,
  type PolicyReport,
  type PolicyReportApi,
  policyReportsOf
} from '../../../src/report/policy-report/policy-report.ts'
import type { Report, ReportedObject } from '../../../src/report/report.ts'
import {
  AUDITED_REPAIR,
  AWKWARD,
  CRASHED,
  finding,
  HOSTILE,
  live,
  REPAIRED,
  report,
  SKIPPED,
  WARNED
} from '../../fixtures/machine-reports.ts'

const APIS = Object.keys(POLICY_REPORT_APIS) as PolicyReportApi[]

function reportsOf(made: Report, api: PolicyReportApi): PolicyReport[] {
  return [...policyReportsOf(made, api).values()].map((make) => make())
}

function scanned(...objects: ReportedObject[]): Report {
  return report({ command: 'scan', objects })
}

/** The fields that both APIs have, and only those: the API server drops what it does not know without a word. */
function apiSchema(api: PolicyReportApi): JsonObject {
  const text = { type: 'string' }
  const number = { type: 'integer' }
  const texts = { type: 'object', additionalProperties: text }
  const metadata = closed({ name: text, namespace: text, labels: texts, annotations: texts }, ['annotations'])
  const result = closed(
    {
      source: text,
      policy: text,
      rule: text,
      category: text,
      result: { enum: ['pass', 'fail', 'warn', 'error', 'skip'] },
      severity: { enum: ['high', 'medium', 'low'] },
      scored: { type: 'boolean' },
      message: text,
      resources: { type: 'array', items: closed({ apiVersion: text, kind: text, namespace: text, name: text }) },
      timestamp: closed({ seconds: number, nanos: number }),
      properties: texts
    },
    ['rule']
  )
  const { group, version, kind } = POLICY_REPORT_APIS[api]
  return closed({
    apiVersion: { const: `${group}/${version}` },
    kind: { const: kind },
    metadata,
    ...(api === 'openreports' && {
      source: text,
      configuration: closed({ limits: closed({ maxResults: number }) })
    }),
    summary: closed({ pass: number, fail: number, warn: number, error: number, skip: number }),
    results: { type: 'array', items: result }
  })
}

function closed(properties: JsonObject, optional: readonly string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', additionalProperties: false, required, properties }
}

t.test('reports have the fields of the API, and no others', async (t) => {
  const all = [finding(), WARNED, REPAIRED, AUDITED_REPAIR, SKIPPED, CRASHED]
  const many = Array.from({ length: MOST_REPORT_RESULTS + 1 }, () => finding())
  for (const api of APIS) {
    const validate = new Ajv({ strict: true, allErrors: true }).compile(apiSchema(api))
    for (const made of [scanned(live({ findings: all }), live({ namespace: 'b', findings: many })), HOSTILE]) {
      for (const one of reportsOf(made, api)) {
        t.ok(validate(JSON.parse(JSON.stringify(one))), `${api}: ${JSON.stringify(validate.errors)}`)
      }
    }
  }
})

t.test('one report for each namespace', async (t) => {
  const made = scanned(live(), live({ namespace: 'b' }), live({ name: 'c' }), live({ namespace: '' }))
  for (const api of APIS) {
    const reports = reportsOf(made, api)
    t.strictSame(
      reports.map(({ metadata }) => metadata),
      ['monitoring', 'b'].map((namespace) => ({
        name: 'holdfast',
        namespace,
        labels: { 'app.kubernetes.io/managed-by': 'holdfast' }
      }))
    )
    t.strictSame(
      reports.map(({ results }) => results.length),
      [2, 1]
    )
  }
  t.strictSame(reportsOf(scanned(), 'wgpolicy'), [], 'and none where there is nothing to report')
})

t.test('a result', async (t) => {
  const [made] = reportsOf(scanned(live({ findings: [finding({ caution: 'mind' })] })), 'openreports')
  t.strictSame(made?.results, [
    {
      source: 'holdfast',
      policy: 'shared-tsdb-claim',
      rule: 'spec.replicas',
      category: 'Prometheus stack',
      result: 'fail',
      severity: 'high',
      scored: true,
      message: '2 replicas write one TSDB. Caution: mind. Fix: set replicas to 1.',
      resources: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'prometheus' }],
      timestamp: { seconds: 1793867400, nanos: 0 },
      properties: {
        mode: 'enforce',
        outcome: 'denied',
        identity: 'spec.replicas',
        page: 'https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/shared-tsdb-claim.md'
      }
    }
  ])
})

t.test('outcomes become results, the worst first', async (t) => {
  const findings = [SKIPPED, AUDITED_REPAIR, REPAIRED, WARNED, finding(), CRASHED]
  const [made] = reportsOf(scanned(live({ findings })), 'wgpolicy')
  t.strictSame(
    made?.results.map(({ result, severity, scored, properties }) => [result, severity, scored, properties.outcome]),
    [
      ['error', 'high', false, 'crashed'],
      ['fail', 'high', true, 'denied'],
      ['warn', 'low', false, 'audited'],
      ['warn', 'low', false, 'patched'],
      ['warn', 'medium', false, 'warned'],
      ['skip', 'low', false, 'skipped']
    ]
  )
  t.strictSame(made?.summary, { pass: 0, fail: 1, warn: 3, error: 1, skip: 1 })
  t.equal(made?.results[0]?.rule, undefined, 'a crash has no field')
})

t.test('a Pod is of the core group, and every kind has the version in which it is read', async (t) => {
  const [made] = reportsOf(scanned(live({ group: '', kind: 'Pod' })), 'wgpolicy')
  t.equal(made?.results[0]?.resources[0]?.apiVersion, 'v1')
  for (const policy of POLICIES) {
    for (const resource of [
      ...policy.matches.map((match) => match.resource),
      ...(isSetPolicy(policy) ? policy.reads : [])
    ]) {
      const { group, version, kind } = resource
      t.equal(apiVersionOf(resource), group === '' ? version : `${group}/${version}`, `${policy.id}: ${kind}`)
    }
  }
})

t.test('what has no room is counted', async (t) => {
  const findings = [...Array.from({ length: MOST_REPORT_RESULTS + 6 }, () => WARNED), finding()]
  const [made] = reportsOf(scanned(live({ findings })), 'openreports')
  t.equal(made?.results.length, MOST_REPORT_RESULTS)
  t.equal(made?.results[0]?.result, 'fail', 'the worst has room')
  t.strictSame(made?.summary, { pass: 0, fail: 1, warn: MOST_REPORT_RESULTS + 6, error: 0, skip: 0 })
  t.strictSame(made?.metadata.annotations, { [LEFT_OUT]: '7' })
  t.strictSame(made?.configuration, { limits: { maxResults: MOST_REPORT_RESULTS } })
})

t.test('what the report itself does not list is left out, too', async (t) => {
  const object = live({ leftOut: { error: 1, warning: 2, note: 3 } })
  for (const api of APIS) {
    const [made] = reportsOf(scanned(object), api)
    t.strictSame(made?.metadata.annotations, { [LEFT_OUT]: '6' }, api)
  }
})

t.test('no report is larger than etcd takes', async (t) => {
  const long = '🦀'.repeat(5000)
  const name = 'n'.repeat(253)
  const worst = finding({
    field: long,
    identity: long,
    message: long,
    remediation: long,
    caution: long,
    policy: 'p'.repeat(60)
  })
  const findings = Array.from({ length: MOST_REPORT_RESULTS * 2 }, () => worst)
  for (const api of APIS) {
    const [made] = reportsOf(scanned(live({ name, findings })), api)
    const size = Buffer.byteLength(JSON.stringify(made))
    t.ok(size > 1_000_000 && size < 1.4 * 1024 * 1024, `${api}: ${size} bytes, and room for what the server adds`)
  }
})

t.test('awkward texts stay on one line', async (t) => {
  const findings = [finding({ field: AWKWARD, message: AWKWARD, remediation: AWKWARD })]
  const [made] = reportsOf(scanned(live({ findings })), 'wgpolicy') as [PolicyReport]
  const text = JSON.stringify(made)
  t.ok(text.isWellFormed())
  // A backslash is spelled as two in JSON: these are the characters themselves.
  for (const raw of ['u0000', 'u001b', 'n', 'ud800']) t.notMatch(text, new RegExp(`(?<!\\\\)\\\\${raw}`), raw)
})
