// The check of docs/roll-out.md: what tells an installation that works from one that is never called, in every mode.

import { documentedCommands, type Shell, shellOf } from './harness/documented.ts'
import { startHoldfast } from './harness/holdfast.ts'
import { endToEnd, MODE_LABEL, type Stage, type Test } from './harness/suite.ts'
import { waitUntilInForce } from './harness/webhook.ts'

const [CHECK = '', LOG = ''] = documentedCommands('docs/roll-out.md', 'Verify that the API server calls Holdfast')
const CREATED = 'pod/holdfast-check created (server dry run)'
const WARNING = /^Warning: Holdfast pushgateway-graceful-stop: /

interface Seen {
  /** The words of kubectl. */
  said: string[]
  /** By what stands between the braces; the last number of the line. */
  counted: { answered: number; failed: number; open: number }
}

endToEnd('rolling out', { outages: true }, async (t, stage) => {
  const shell = await shellOf(stage)
  const server = await startHoldfast({ address: stage.address })
  try {
    for (const [overlay, warns] of [
      ['audit', 0],
      ['cluster-wide', 1]
    ] as const) {
      await stage.install(overlay, server)
      await t.test(`${overlay}: called`, (t) => isCalled(t, shell, warns))
    }
    await t.test('switched off in the namespace', (t) => isNotCalled(t, stage, shell))
    await stage.install('audit', server)
    await t.test('the log', async (t) => {
      const [, name = ''] = /"name":"([^"]+)"/.exec(LOG) ?? []
      const found = await server.decidedOf(1, (decided) => decided.name === name)
      t.match(found[0], { kind: 'Pod', outcome: 'allowed', policies: [{ mode: 'audit', outcome: 'audited' }] })
    })
    await server.stop()
    await t.test('not running', (t) => isNotAnswered(t, shell))
  } finally {
    await server.dispose()
    shell.dispose()
  }
})

async function isCalled(t: Test, shell: Shell, warns: number): Promise<void> {
  const before = await check(shell)
  const after = await check(shell)
  t.strictSame(
    after.said.filter((line) => !WARNING.test(line)),
    [CREATED]
  )
  t.equal(after.said.filter((line) => WARNING.test(line)).length, warns, 'warnings')
  t.strictSame(after.counted, { ...before.counted, answered: before.counted.answered + 1 })
}

async function isNotCalled(t: Test, stage: Stage, shell: Shell): Promise<void> {
  const before = await check(shell)
  await stage.kubectl(['label', 'namespace', 'default', `${MODE_LABEL}=off`])
  await waitUntilInForce(stage.kubectl)
  const after = await check(shell)
  await stage.kubectl(['label', 'namespace', 'default', `${MODE_LABEL}-`])
  await waitUntilInForce(stage.kubectl)
  t.strictSame(after, { said: [CREATED], counted: before.counted }, 'nothing rises')
}

async function isNotAnswered(t: Test, shell: Shell): Promise<void> {
  const before = await check(shell)
  const { said, counted } = await check(shell)
  t.strictSame(said, [CREATED], 'users see no difference')
  t.equal(counted.answered, before.counted.answered)
  t.equal(counted.failed, before.counted.failed + 1, 'code="503"')
  t.equal(counted.open, before.counted.open + 1, 'fail_open_count')
}

async function check(shell: Shell): Promise<Seen> {
  const { stdout, stderr } = await shell.run(CHECK)
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].filter(Boolean)
  const metrics = lines.filter((line) => line.startsWith('apiserver_admission_webhook_'))
  const count = (pattern: RegExp): number => {
    const line = metrics.find((it) => pattern.test(it) && it.includes('name="pods.mutate.holdfast.dev"'))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
  const counted = { answered: count(/code="200"/), failed: count(/code="503"/), open: count(/fail_open_count/) }
  return { said: lines.filter((line) => !metrics.includes(line)), counted }
}
