import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { defaultConfiguration } from '../../src/config/configuration.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import type { Mode } from '../../src/core/mode.ts'
import { POLICIES } from '../../src/policies/index.ts'

const NOON = Date.UTC(2027, 0, 31, 12)

function warnings(text: string, now = NOON, ceiling: Mode = 'enforce'): readonly string[] {
  return parseConfiguration(text, 'test.yaml', POLICIES, ceiling).warningsAt(now)
}

const SHARDS = 'policies.autosharding-labels.onChange'
const CLAIMS = 'policies.claim-template-labels.onChange'

/** The namespaces of a configuration with one override for each text, which are fields of autosharding-labels. */
function overrides(base: string, ...texts: readonly string[]): string {
  const items = texts.map((text, index) => `{ match: [n${index}*], policies: { autosharding-labels: { ${text} } } }`)
  return `{ policies: { autosharding-labels: { ${base} } }, namespaces: [${items.join(', ')}] }`
}

const takes = (path: string, choice: string, mode: Mode) =>
  `${path}: ${choice} takes mode enforce, and the mode of the policy is ${mode}`

const CASES: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
  ['nothing', '', []],
  [
    'a choice in the default mode',
    `policies: { autosharding-labels: { onChange: restart } }`,
    [takes(SHARDS, 'restart', 'warn')]
  ],
  ['the other one', `policies: { autosharding-labels: { onChange: reject } }`, [takes(SHARDS, 'reject', 'warn')]],
  ['a choice that is for every mode', `policies: { autosharding-labels: { onChange: warn } }`, []],
  ['a choice that is enforced', `policies: { autosharding-labels: { onChange: restart, mode: enforce } }`, []],
  [
    'a choice of a policy that is off',
    `policies: { claim-template-labels: { onChange: restore, mode: off } }`,
    [takes(CLAIMS, 'restore', 'off')]
  ],
  [
    'the default, written out',
    `policies: { claim-template-labels: { onChange: reject, mode: audit } }`,
    [takes(CLAIMS, 'reject', 'audit')]
  ],
  ['the default, not written out', `policies: { claim-template-labels: { mode: audit } }`, []],
  ['enforced by default', `policies: { claim-template-labels: { onChange: restore } }`, []],
  ['a ceiling is a rehearsal', `{ mode: audit, policies: { claim-template-labels: { onChange: restore } } }`, []],
  [
    'for some namespaces',
    overrides('', 'onChange: restart'),
    [takes('namespaces[0].policies.autosharding-labels.onChange', 'restart', 'warn')]
  ],
  ['for some namespaces, enforced there', overrides('', 'onChange: restart, mode: enforce'), []],
  ['for some namespaces, enforced everywhere', overrides('mode: enforce', 'onChange: restart'), []],
  [
    'for some namespaces, lowered there',
    overrides('mode: enforce', 'onChange: restart, mode: audit'),
    [takes('namespaces[0].policies.autosharding-labels.onChange', 'restart', 'audit')]
  ],
  ['for all, enforced in some', overrides('onChange: restart', 'mode: enforce'), []],
  [
    'for all, and another choice where it is enforced',
    overrides('onChange: restart', 'mode: enforce, onChange: reject'),
    [takes(SHARDS, 'restart', 'warn')]
  ],
  ['for some, where another override may enforce', overrides('', 'onChange: restart', 'mode: enforce'), []],
  [
    'for all and for some',
    overrides('onChange: restart', 'onChange: reject'),
    [takes(SHARDS, 'restart', 'warn'), takes('namespaces[0].policies.autosharding-labels.onChange', 'reject', 'warn')]
  ]
]

t.test('choices that no mode lets act', async (t) => {
  for (const [name, text, expected] of CASES) t.strictSame(warnings(text), expected, name)
  t.strictSame(warnings('policies: { claim-template-labels: { onChange: restore } }', NOON, 'audit'), [], '--mode')
  t.strictSame(defaultConfiguration(POLICIES).warningsAt(NOON), [], 'and nothing without a file')
})

t.test('exemptions that have expired', async (t) => {
  const text = `
exemptions:
  - { policies: [shared-tsdb-claim], reason: x, expires: '2027-01-31' }
  - { policies: [shared-tsdb-claim], reason: x, expires: '2027-02-01' }
  - { policies: [shared-tsdb-claim], reason: x }
  - { policies: [shared-tsdb-claim], reason: x, expires: '2026-12-01' }
`
  const expired = (index: number, day: string) =>
    `exemptions[${index}].expires: ${day} has come, and the exemption no longer counts`
  t.strictSame(warnings(text), [expired(0, '2027-01-31'), expired(3, '2026-12-01')])
  t.strictSame(warnings(text, Date.UTC(2027, 0, 31) - 1), [expired(3, '2026-12-01')], 'a day begins at midnight, UTC')
})

t.test('every choice that is called enforced is one', async (t) => {
  let choices = 0
  for (const { id, options } of POLICIES) {
    for (const [name, field] of Object.entries(options)) {
      if (field.type !== 'string') continue
      for (const choice of field.enforcedOnly ?? []) {
        choices++
        t.ok(field.enum.includes(choice), `${id}.${name}: ${choice}`)
      }
    }
  }
  t.ok(choices > 3)
})

t.test('the configuration of the manifests has no setting without an effect', async (t) => {
  const file = join(import.meta.dirname, '../../manifests/base/config.yaml')
  const { data } = parse(readFileSync(file, 'utf8')) as { data: Record<string, string> }
  t.strictSame(warnings(data['config.yaml'] ?? 'absent'), [])
})
