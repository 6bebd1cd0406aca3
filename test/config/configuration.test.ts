import t from 'tap'
import { defaultRules, parseConfiguration } from '../../src/config/configuration.ts'
import { configurationSchema } from '../../src/config/schema.ts'
import { POLICIES } from '../../src/policies/index.ts'

function settings(text: string): Record<string, object> {
  const rules = parseConfiguration(text, 'test.yaml', POLICIES)
  return Object.fromEntries(rules.map(({ policy, mode, options }) => [policy.id, { mode, ...options }]))
}

t.test('every field has a default', async (t) => {
  const defaults = Object.fromEntries(
    defaultRules(POLICIES).map(({ policy, mode, options }) => [policy.id, { mode, ...options }])
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
  t.strictSame(settings(text), {
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
