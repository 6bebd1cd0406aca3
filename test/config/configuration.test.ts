import t from 'tap'
import { defaultConfiguration } from '../../src/config/configuration.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
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

t.test('all problems at once, each with its place and its path', async (t) => {
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
    'test.yaml:2:13: apiVersion: has to be holdfast.dev/v1alpha1',
    'test.yaml:3:7: mode: has to be one of off, audit, warn, enforce',
    'test.yaml:4:1: colour: is not a field here',
    'test.yaml:6:38: policies.claim-template-labels.onChange: has to be one of reject, restore',
    'test.yaml:6:63: policies.claim-template-labels.volatileLabels[0]: has to be a text, in quotation marks',
    'test.yaml:6:62: policies.claim-template-labels.volatileLabels: has "a" twice',
    'test.yaml:7:47: policies.pushgateway-graceful-stop.marginSeconds: has to be a whole number from 5 to 600',
    'test.yaml:7:52: policies.pushgateway-graceful-stop.profil: is not a field here; did you mean "profile"?',
    'test.yaml:8:3: policies.nginx: is not a policy'
  ]) {
    t.ok(message.includes(problem), problem)
  }
})

t.test('each problem in words of our own, at its line and column', async (t) => {
  const table: readonly (readonly [text: string, problem: string])[] = [
    ['modes: warn', '1:1: modes: is not a field here; did you mean "mode"?'],
    ['mode: warning', '1:7: mode: has to be one of off, audit, warn, enforce; did you mean "warn"?'],
    ['mode:', '1:1: mode: has to be one of off, audit, warn, enforce'],
    ['mode: [warn]', '1:7: mode: has to be one of off, audit, warn, enforce'],
    ['kind: HoldfastConfig', '1:7: kind: has to be HoldfastConfiguration'],
    ['policies:\n  - a', '2:3: policies: has to be a map'],
    ['policies:\nmode: warn', '1:1: policies: has to be a map, and is empty'],
    [
      'policies: { shared-tsdb-claims: {} }',
      '1:13: policies.shared-tsdb-claims: is not a policy; did you mean "shared-tsdb-claim"?'
    ],
    ['policies: { a.b: {} }', '1:13: policies[a.b]: is not a policy'],
    [
      'policies: { pushgateway-graceful-stop: { marginSeconds: 4 } }',
      'marginSeconds: has to be a whole number from 5 to 600'
    ],
    [
      'policies: { pushgateway-graceful-stop: { marginSeconds: 20s } }',
      'marginSeconds: has to be a whole number from 5 to 600'
    ],
    [
      'policies: { stop-grace-period: { targets: [nginx=1] } }',
      '1:44: policies.stop-grace-period.targets[0]: has to be a text such as prometheus=300\n'
    ],
    ['policies: { claim-template-labels: { volatileLabels: a } }', 'volatileLabels: has to be a list'],
    ["policies: { claim-template-labels: { volatileLabels: [''] } }", 'volatileLabels[0]: may not be empty'],
    [
      'base: &base { onChange: no }\npolicies: { claim-template-labels: *base }',
      '1:25: policies.claim-template-labels.onChange: has to be one of'
    ],
    ['namespaces:\n  - mode: warn', '2:5: namespaces[0]: lacks the field match'],
    ['namespaces:\n  - match: []', '2:12: namespaces[0].match: has to have an item'],
    ['exemptions:\n  - policies: [x]\n    reason: y', '2:16: exemptions[0].policies[0]: "x" is not a policy'],
    [
      'exemptions:\n  - policies: [shared-tsdb-clam]\n    reason: y',
      '"shared-tsdb-clam" is not a policy; did you mean "shared-tsdb-claim"?'
    ],
    ['exemptions: [{ policies: [shared-tsdb-claim] }]', '1:14: exemptions[0]: lacks the field reason'],
    ['check: { failOn: warn }', '1:18: check.failOn: has to be one of error, warning'],
    [
      'check: { kubernetesVersion: 1.30 }',
      '1:29: check.kubernetesVersion: has to be a text such as 1.36, in quotation marks'
    ],
    ['check: { namespace: My_Team }', '1:21: check.namespace: has to be a text such as monitoring\n'],
    ['check: { path: [a] }', '1:10: check.path: is not a field here; did you mean "paths"?'],
    ['1: 2', '1:1: [1]: is not a field here']
  ]
  for (const [text, problem] of table) {
    const { message } = t.throws(() => settings(text), { code: 'CONFIG_INVALID' }, text) as unknown as Error
    t.ok(message.includes(problem), `${text}\n${message}`)
    t.notMatch(message, /must (NOT )?(be|have|match)/, text)
  }
})

t.test('text that is no configuration', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['- a', /test\.yaml:1:1: the file has to hold one map/],
    ['\ntext', /test\.yaml:2:1: the file has to hold one map/],
    ['mode: warn\n---\nmode: audit', /test\.yaml:2:1: the file has to hold one document/],
    ['a: b: c', /test\.yaml:1:4: /],
    ['mode: warn\nmode: audit', /test\.yaml:2:1: Map keys must be unique/],
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
  const days: readonly (readonly [string, boolean])[] = [
    ['2027-02-28', true],
    ['2028-02-29', true],
    ['2027-02-29', false],
    ['2027-02-30', false],
    ['2027-13-01', false],
    ['27-01-31', false],
    ['31.1.2027', false],
    ['soon', false],
    ['', false]
  ]
  for (const [day, isOne] of days) {
    const read = () => settings(`exemptions: [{ policies: [shared-tsdb-claim], reason: y, expires: '${day}' }]`)
    if (isOne) t.doesNotThrow(read, day)
    else t.throws(read, { message: 'exemptions[0].expires: has to be a day such as 2027-01-31\n' }, day)
  }
})

t.test('policies that may be on', (t) => {
  const claims = 'policies: { shared-tsdb-claim: { mode: off } }'
  const back = 'policies: { shared-tsdb-claim: { mode: warn } }'
  const table: readonly (readonly [text: string, ceiling: Mode, namespace: string, mayBeOn: boolean])[] = [
    ['', 'enforce', 'lab', true],
    ['', 'off', 'lab', false],
    [claims, 'enforce', 'lab', false],
    [`${claims}\nnamespaces: [{ match: [lab], ${back} }]`, 'enforce', 'lab', true],
    [`${claims}\nnamespaces: [{ match: [lab], ${back} }]`, 'off', 'lab', false],
    [`${claims}\nnamespaces: [{ match: [lab], mode: off, ${back} }]`, 'enforce', 'lab', false],
    ['namespaces: [{ match: [lab], mode: off }]', 'enforce', 'prod', true],
    [`mode: off\nnamespaces: [{ match: [lab], mode: warn, ${back} }]`, 'enforce', 'lab', false]
  ]
  for (const [text, ceiling, namespace, mayBeOn] of table) {
    const configuration = parseConfiguration(text, 'test.yaml', POLICIES, ceiling)
    const [of] = configuration.policiesFor(namespace).filter(({ policy }) => policy.id === 'shared-tsdb-claim')
    if (of === undefined) throw new Error('the policy is not there')
    t.equal(configuration.mayBeOn(of.policy), mayBeOn, text)
    t.equal(of.mode !== 'off', mayBeOn, `${text}: in ${namespace}`)
  }
  t.end()
})
