import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { POLICIES } from '../../../src/policies/index.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'

t.test('the catalogue', async (t) => {
  const { code, stdout } = await holdfast('policies')
  t.equal(code, 0)
  const rows = stdout.trimEnd().split('\n')
  t.equal(rows.length, POLICIES.length + 1)
  for (const { id, summary, defaultMode } of POLICIES) {
    const row = rows.find((line) => line.startsWith(`${id} `)) ?? ''
    t.ok(row.includes(` ${defaultMode} `) && row.endsWith(summary), id)
  }
  t.match(
    stdout,
    /shared-tsdb-claim +enforce +Deployment, StatefulSet, DaemonSet, ReplicaSet, Prometheus CREATE\+UPDATE +Several/
  )
})

t.test('one policy, with the values in force', async (t) => {
  const plain = await holdfast('policies', 'claim-template-labels')
  t.match(
    plain.stdout,
    /^claim-template-labels\n\n.*StatefulSet UPDATE, mutate phase\n.*onChange = "reject"\n +reject, restore\n/s
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
