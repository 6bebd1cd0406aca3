// The published schema, for editors, and the loader accept and refuse the same files.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { configurationText } from '../../src/commands/init/text.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import { POLICIES } from '../../src/policies/index.ts'

const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/configuration.schema.json'), 'utf8'))

/** A day as RFC 3339 has it, which is what editors take the format `date` for. */
function isDate(text: string): boolean {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return false
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

const accepts = new Ajv({ formats: { date: isDate } }).compile(SCHEMA)

function isLoaded(text: string): boolean {
  try {
    parseConfiguration(text, 'test.yaml', POLICIES)
    return true
  } catch {
    return false
  }
}

const exemption = (fields: string) => `exemptions: [{ policies: [shared-tsdb-claim], reason: a, ${fields} }]`

const ACCEPTED: readonly string[] = [
  '{}',
  'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration',
  'mode: off',
  'policies: {}',
  'policies: { claim-template-labels: { mode: warn, onChange: restore, volatileLabels: [a] } }',
  'policies: { pushgateway-graceful-stop: { marginSeconds: 600 } }',
  'policies: { prometheus-resources: { alsoFor: [pushgateway, kube-state-metrics] } }',
  'policies: { stop-grace-period: { targets: [prometheus=600] } }',
  'namespaces: [{ match: [a*], mode: audit, policies: { shared-tsdb-claim: { mode: warn } } }]',
  'exemptions: []',
  exemption('namespaces: [a], names: [b]'),
  exemption("expires: '2028-02-29'"),
  exemption('expires: 2027-01-31'),
  'check: {}',
  "check: { paths: [a], ignore: ['**/b'], failOn: warning, kubernetesVersion: v1.36.2, namespace: a, baseline: b.yaml }",
  configurationText(['charts/a'], '1.2.3'),
  configurationText([], '1.2.3')
]

const REFUSED: readonly string[] = [
  '[]',
  'modes: warn',
  'mode: strict',
  'mode:',
  'apiVersion: v1',
  'kind: HoldfastBaseline',
  'policies: []',
  'policies: { nginx: {} }',
  'policies: { claim-template-labels: { onchange: restore } }',
  'policies: { claim-template-labels: { volatileLabels: [a, a] } }',
  "policies: { claim-template-labels: { volatileLabels: [''] } }",
  'policies: { pushgateway-graceful-stop: { marginSeconds: 601 } }',
  'policies: { pushgateway-graceful-stop: { marginSeconds: 5.5 } }',
  'policies: { prometheus-resources: { alsoFor: [nginx] } }',
  'policies: { stop-grace-period: { targets: [prometheus] } }',
  'namespaces: [{ mode: audit }]',
  'namespaces: [{ match: [] }]',
  'namespaces: { match: [a] }',
  'exemptions: [{ reason: a }]',
  'exemptions: [{ policies: [], reason: a }]',
  'exemptions: [{ policies: [nginx], reason: a }]',
  'exemptions: [{ policies: [shared-tsdb-claim] }]',
  "exemptions: [{ policies: [shared-tsdb-claim], reason: '' }]",
  exemption('namespace: a'),
  exemption("expires: '2027-02-29'"),
  exemption('expires: tomorrow'),
  'check: []',
  'check: { path: [a] }',
  "check: { paths: [''] }",
  'check: { paths: a }',
  'check: { failOn: enforce }',
  "check: { baseline: '' }",
  'check: { kubernetesVersion: 1.36 }',
  'check: { kubernetesVersion: latest }',
  'check: { namespace: A }'
]

t.test('what the loader accepts', async (t) => {
  for (const text of ACCEPTED) {
    t.ok(accepts(parse(text)), `schema: ${text.slice(0, 80)} ${JSON.stringify(accepts.errors)}`)
    t.ok(isLoaded(text), `loader: ${text.slice(0, 80)}`)
  }
})

t.test('what the loader refuses', async (t) => {
  for (const text of REFUSED) {
    t.notOk(accepts(parse(text)), `schema: ${text}`)
    t.notOk(isLoaded(text), `loader: ${text}`)
  }
})
