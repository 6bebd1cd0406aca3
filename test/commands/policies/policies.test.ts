import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pageAt } from '../../../src/documentation.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'

t.test('the catalogue fits 80 columns', async (t) => {
  const { code, stdout } = await holdfast('policies')
  t.equal(code, 0)
  const rows = stdout.trimEnd().split('\n')
  for (const row of rows) t.ok(row.length <= 80 && row === row.trimEnd(), row)
  t.match(rows[0], /^POLICY +MODE +WHAT IT KEEPS TRUE$/)
  t.equal(rows.filter((row) => !row.startsWith(' ')).length, POLICIES.length + 1)
  for (const [index, { id, summary, defaultMode }] of POLICIES.entries()) {
    const begin = rows.findIndex((row) => row.startsWith(`${id} `))
    const next = POLICIES[index + 1]
    const end = next === undefined ? rows.length : rows.findIndex((row) => row.startsWith(`${next.id} `))
    const words = rows.slice(begin, end).join(' ').split(/ +/)
    t.equal(words.join(' '), `${id} ${defaultMode} ${summary}`)
  }
})

t.test('every policy fits 80 columns', async (t) => {
  for (const { id } of POLICIES) {
    const { stdout } = await holdfast('policies', id)
    for (const line of stdout.split('\n')) t.ok(line.length <= 80 || /^https:\S+$/.test(line), `${id}: ${line}`)
  }
})

t.test('for programs', async (t) => {
  const { code, stdout } = await holdfast('policies', '-o', 'json')
  t.equal(code, 0)
  const { version, policies } = JSON.parse(stdout)
  t.match(version, /^\d+\.\d+\.\d+/)
  t.strictSame(
    policies.map((policy: { id: string; summary: string; defaultMode: string }) => [
      policy.id,
      policy.summary,
      policy.defaultMode
    ]),
    POLICIES.map(({ id, summary, defaultMode }) => [id, summary, defaultMode])
  )
  const one = JSON.parse((await holdfast('policies', 'claim-template-labels', '-o', 'json')).stdout).policies
  t.match(one, [
    {
      id: 'claim-template-labels',
      mode: 'enforce',
      sees: ['StatefulSet UPDATE+CREATE'],
      reviews: ['StatefulSet UPDATE, mutate phase', 'StatefulSet CREATE, validate phase'],
      settings: [
        { name: 'mode', values: 'off, audit, warn, enforce', value: 'enforce', default: 'enforce' },
        { name: 'onChange', values: 'reject, restore', value: 'reject', default: 'reject' },
        { name: 'volatileLabels', value: { length: 0 }, default: { length: 0 } }
      ],
      exemptions: 0,
      documentation: pageAt('docs/policies/claim-template-labels.md')
    }
  ])
  t.equal(one.length, 1)
})

t.test('for a page', async (t) => {
  const { stdout } = await holdfast('policies', '-o', 'markdown')
  const [head, rule, ...rows] = stdout.trimEnd().split('\n')
  t.equal(head, '| policy | mode | sees | what it keeps true |')
  t.equal(rule, '|---|---|---|---|')
  t.equal(rows.length, POLICIES.length)
  t.match(
    rows[4],
    /^\| \[`shared-tsdb-claim`\]\(https:\/\/\S+\/docs\/policies\/shared-tsdb-claim\.md\) \| enforce \| Deployment, /
  )
  const one = await holdfast('policies', 'claim-template-labels', '-o', 'markdown')
  t.match(one.stdout, /^## \[claim-template-labels\]\(https:/)
  t.match(one.stdout, '\n| `onChange` | reject, restore | `"reject"` | `"reject"` | What to do')
  for (const row of [...rows, ...one.stdout.split('\n').filter((line) => line.startsWith('| `'))])
    t.match(row.replaceAll('\\|', '').split('|').length, row.startsWith('| [') ? 6 : 7, row)
})

t.test('one policy, with the values in force', async (t) => {
  const plain = await holdfast('policies', 'claim-template-labels')
  t.match(
    plain.stdout,
    /^claim-template-labels\n\n.*\n {2}StatefulSet UPDATE, mutate phase\n.*onChange = "reject"\n +reject, restore\n/s
  )
  t.notMatch(plain.stdout, /\(default/)

  const config = join(temporaryDirectory(), 'config.yaml')
  writeFileSync(
    config,
    `namespaces: [{ match: [lab], policies: { claim-template-labels: { mode: audit, onChange: restore } } }]
exemptions: [{ policies: [claim-template-labels], reason: test }]`
  )
  const set = await holdfast('policies', 'claim-template-labels', `--config=${config}`, '-n', 'lab')
  t.match(set.stdout, 'mode = "audit" (default "enforce")')
  t.match(set.stdout, 'onChange = "restore" (default "reject")')
  t.match(set.stdout, 'Exemptions: 1')
  t.match((await holdfast('policies', 'claim-template-labels', `--config=${config}`)).stdout, 'onChange = "reject"\n')
})

t.test('settings that cannot act', async (t) => {
  const config = join(temporaryDirectory(), 'config.yaml')
  writeFileSync(config, 'policies: { autosharding-labels: { onChange: restart } }')
  const { code, stdout, stderr } = await holdfast('policies', 'autosharding-labels', `--config=${config}`)
  t.equal(code, 0)
  t.match(stdout, 'onChange = "restart" (default "warn")')
  t.match(
    stderr,
    /^holdfast: [^\n]+config\.yaml: policies\.autosharding-labels\.onChange: restart takes mode enforce, [^\n]+\n$/
  )
})

t.test('what cannot be shown', async (t) => {
  t.match(await holdfast('policies', 'nonsense'), { code: 2, stderr: /no policy "nonsense".*\[POLICY_UNKNOWN\]/ })
  t.match(await holdfast('policies', 'claim-template-lables'), {
    code: 2,
    stderr: /no policy "claim-template-lables"; did you mean "claim-template-labels"\? To list/
  })
  t.match(await holdfast('policies', '--config=/nowhere'), { code: 2, stderr: /\[CONFIG_UNREADABLE\]/ })
  const config = join(temporaryDirectory(), 'config.yaml')
  writeFileSync(config, 'colour: red')
  t.match(await holdfast('policies', `--config=${config}`), { code: 2, stderr: /colour: is not a field here/ })
})
