import t from 'tap'
import { defaultConfiguration, parseConfiguration } from '../../src/config/configuration.ts'
import { configurationSchema } from '../../src/config/schema.ts'
import { isExempt } from '../../src/core/exemption.ts'
import type { Mode } from '../../src/core/mode.ts'
import { POLICIES } from '../../src/policies/index.ts'

function settings(text: string, namespace = 'default', ceiling: Mode = 'enforce'): Record<string, object> {
  const policies = parseConfiguration(text, 'test.yaml', POLICIES, ceiling).policiesFor(namespace)
  return Object.fromEntries(policies.map(({ policy, mode, options }) => [policy.id, { mode, ...options }]))
}

t.test('every field has a default', async (t) => {
  const defaults = Object.fromEntries(
    defaultConfiguration(POLICIES)
      .policiesFor('x')
      .map(({ policy, mode, options }) => [policy.id, { mode, ...options }])
  )
  t.match(defaults, {
    'claim-template-labels': { mode: 'enforce', onChange: 'reject' },
    'pushgateway-graceful-stop': { mode: 'enforce', profile: 'light', marginSeconds: 15 }
  })
  for (const text of [
    '',
    '# nothing\n',
    '{}',
    'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n',
    'policies: {}',
    'policies: { claim-template-labels: {} }'
  ]) {
    t.strictSame(settings(text), defaults, JSON.stringify(text))
  }
})

t.test('what is set', async (t) => {
  const text = `
mode: warn
policies:
  claim-template-labels: { onChange: restore, volatileLabels: [a/b] }
  pushgateway-graceful-stop: { mode: audit, profile: heavy, marginSeconds: 20 }
`
  t.match(settings(text), {
    'claim-template-labels': { mode: 'warn', onChange: 'restore', volatileLabels: ['a/b'] },
    'pushgateway-graceful-stop': { mode: 'audit', profile: 'heavy', marginSeconds: 20 }
  })
})

t.test('all problems at once, each with its path', async (t) => {
  const text = `
apiVersion: holdfast.dev/v2
mode: strict
colour: red
policies:
  claim-template-labels: { onChange: ignore, volatileLabels: [1, a, a] }
  pushgateway-graceful-stop: { marginSeconds: 4.5, profil: light }
  nginx: {}
`
  t.throws(() => settings(text), { code: 'CONFIG_INVALID', exitCode: 2 })
  const message = String(t.throws(() => settings(text)))
  for (const problem of [
    'test.yaml cannot be used:',
    'apiVersion: has to be holdfast.dev/v1alpha1',
    'mode: has to be one of off, audit, warn, enforce',
    'colour: is not a field here',
    'policies.claim-template-labels.onChange: has to be one of reject, restore',
    'policies.claim-template-labels.volatileLabels[0]: must be string',
    'policies.claim-template-labels.volatileLabels: must NOT have duplicate items',
    'policies.pushgateway-graceful-stop.marginSeconds: must be integer',
    'policies.pushgateway-graceful-stop.profil: is not a field here',
    'policies.nginx: is not a field here'
  ]) {
    t.ok(message.includes(problem), problem)
  }
})

t.test('text that is no configuration', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['- a', /one map/],
    ['text', /one map/],
    ['mode: warn\n---\nmode: audit', /line 2: the file has to hold one document/],
    ['a: b: c', /line 1: /],
    ['mode: warn\nmode: audit', /line 2: Map keys must be unique/],
    [`a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [${'*b,'.repeat(50)}]`, /alias/i]
  ]
  for (const [text, message] of table)
    t.throws(() => settings(text), { code: 'CONFIG_INVALID', message }, text.slice(0, 30))
})

t.test('the schema names every policy and every option with a description', async (t) => {
  const schema = configurationSchema(POLICIES) as {
    properties: {
      policies: {
        properties: Record<string, { properties: Record<string, { description?: string; default?: unknown }> }>
      }
    }
  }
  for (const { id, options } of POLICIES) {
    const { properties } = schema.properties.policies.properties[id] ?? { properties: {} }
    t.strictSame(Object.keys(properties), ['mode', ...Object.keys(options)], id)
    for (const [name, field] of Object.entries(properties)) {
      t.match(field.description, /\.$/, `${id}.${name} is described`)
      t.not(field.default, undefined, `${id}.${name} has a default`)
    }
  }
})

t.test('settings of namespaces', async (t) => {
  const text = `
policies:
  claim-template-labels: { onChange: restore }
  pushgateway-graceful-stop: { profile: standard }
namespaces:
  - match: [team-*, lab]
    policies: { pushgateway-graceful-stop: { profile: heavy } }
  - match: ['*-staging']
    mode: warn
    policies: { claim-template-labels: { onChange: reject }, pushgateway-graceful-stop: { mode: audit } }
`
  const table: readonly (readonly [string, object, object])[] = [
    ['default', { mode: 'enforce', onChange: 'restore' }, { mode: 'enforce', profile: 'standard' }],
    ['laboratory', { mode: 'enforce', onChange: 'restore' }, { mode: 'enforce', profile: 'standard' }],
    ['lab', { mode: 'enforce', onChange: 'restore' }, { mode: 'enforce', profile: 'heavy' }],
    ['team-a', { mode: 'enforce', onChange: 'restore' }, { mode: 'enforce', profile: 'heavy' }],
    ['a-staging', { mode: 'warn', onChange: 'reject' }, { mode: 'audit', profile: 'standard' }],
    ['team-a-staging', { mode: 'warn', onChange: 'reject' }, { mode: 'audit', profile: 'heavy' }]
  ]
  for (const [namespace, labels, stop] of table) {
    t.match(
      settings(text, namespace),
      { 'claim-template-labels': labels, 'pushgateway-graceful-stop': stop },
      namespace
    )
  }
  const configuration = parseConfiguration(text, 'test.yaml', POLICIES)
  t.equal(
    configuration.policiesFor('team-a'),
    configuration.policiesFor('team-b'),
    'the same settings are the same list'
  )
})

t.test('no setting goes over the ceiling of the server', async (t) => {
  const text = 'namespaces: [{ match: [x], policies: { claim-template-labels: { mode: enforce } } }]'
  for (const ceiling of ['off', 'audit', 'warn', 'enforce'] as const) {
    t.match(settings(text, 'x', ceiling), { 'claim-template-labels': { mode: ceiling } }, ceiling)
  }
})

t.test('exemptions', async (t) => {
  const text = `
exemptions:
  - { policies: [shared-tsdb-claim], namespaces: [lab-*], names: ['*-old'], reason: migration, expires: '2027-01-31' }
  - { policies: [shared-tsdb-claim, prometheus-storage], namespaces: [scratch], reason: nothing is kept there }
`
  const policies = parseConfiguration(text, 'test.yaml', POLICIES).policiesFor('x')
  const exempt = (id: string, namespace: string, name: string, day: string): boolean => {
    const { exemptions = [] } = policies.find(({ policy }) => policy.id === id) ?? {}
    return isExempt(exemptions, { namespace, name } as never, Date.parse(day))
  }
  const table: readonly (readonly [string, string, string, string, boolean])[] = [
    ['shared-tsdb-claim', 'lab-1', 'prometheus-old', '2027-01-30T23:59:59Z', true],
    ['shared-tsdb-claim', 'lab-1', 'prometheus-old', '2027-01-31T00:00:00Z', false],
    ['shared-tsdb-claim', 'lab-1', 'prometheus', '2027-01-01', false],
    ['shared-tsdb-claim', 'production', 'prometheus-old', '2027-01-01', false],
    ['prometheus-storage', 'lab-1', 'prometheus-old', '2027-01-01', false],
    ['prometheus-storage', 'scratch', 'anything', '2099-01-01', true],
    ['prometheus-resources', 'scratch', 'anything', '2027-01-01', false]
  ]
  for (const [id, namespace, name, day, expected] of table) {
    t.equal(exempt(id, namespace, name, day), expected, `${id} ${namespace}/${name} on ${day}`)
  }
  const problems: readonly (readonly [string, RegExp])[] = [
    ['{ policies: [x], reason: y }', /exemptions\[0\]\.policies\[0\]: has to be one of/],
    ['{ policies: [shared-tsdb-claim] }', /exemptions\[0\]: must have required property 'reason'/],
    ["{ policies: [shared-tsdb-claim], reason: y, expires: '2027-02-30' }", /expires: 2027-02-30 is not a day/],
    ['{ policies: [shared-tsdb-claim], reason: y, expires: soon }', /exemptions\[0\]\.expires: must match pattern/],
    ['{ policies: [], reason: y }', /policies: must NOT have fewer than 1 items/]
  ]
  for (const [exemption, message] of problems)
    t.throws(() => settings(`exemptions: [${exemption}]`), { message }, exemption)
})
