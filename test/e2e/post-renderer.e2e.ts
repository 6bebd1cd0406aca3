// Restore without a webhook: `check --live --fix` as the post-renderer of Helm 3 and, as the example plugin, of Helm 4.

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHelms, helmHome, helmWith, type Major } from './harness/helm.ts'
import { helm, type Scene, stateOf } from './harness/helm-actions.ts'
import { endToEnd, type Test } from './harness/suite.ts'

const BIN = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../../manifests/examples/helm-post-renderer', import.meta.url))

/** What docs/check.md says to type, for each major version. */
const FLAGS: Readonly<Record<Major, readonly string[]>> = { 3: ['check', '--live', '--fix'], 4: [] }

/** Helm 4 keeps what a plugin writes to itself. */
const REJECTED: Readonly<Record<Major, RegExp>> = {
  3: /labels of claim template "data" change: /,
  4: /plugin "holdfast" exited with error/
}

const CONFIGURATIONS = {
  restore: 'policies: { claim-template-labels: { onChange: restore } }',
  reject: 'policies: { claim-template-labels: { onChange: reject } }'
}

endToEnd('a post-renderer of Helm', {}, async (t, stage) => {
  const helms = await findHelms()
  if (helms.size === 0) return t.comment('There is no Helm on the PATH.')
  for (const [major, { program, version }] of helms) {
    await t.test(`Helm ${version}`, async (t) => {
      const home = await helmHome(stage.kubectl, stage.isOwn)
      const tools = toolsOf()
      const env = { ...home.env, PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter) }
      try {
        const run = helmWith(program, env)
        if (major === 4) t.equal((await run(['plugin', 'install', PLUGIN])).code, 0, 'the plugin can be installed')
        const namespace = await stage.namespace()
        const scene: Scene = { stage, home, helms: new Map([[major, run]]), major, namespace, lastError: '' }
        await scenario(t, scene, (configuration) => argumentsOf(major, tools, namespace, configuration))
      } finally {
        home.remove()
        rmSync(tools, { recursive: true })
      }
    })
  }
})

async function scenario(
  t: Test,
  scene: Scene,
  postRenderer: (configuration: keyof typeof CONFIGURATIONS) => string
): Promise<void> {
  const step = async (line: string) => helm(line).act(scene)
  t.equal((await step('install 0.1.0')).error, '')
  t.match((await step('upgrade 0.2.0')).error, /updates to statefulset spec for fields other than/, 'the upgrade fails')

  const rejected = await upgradeRejected(scene, postRenderer('reject'))
  t.match(rejected, REJECTED[scene.major], 'what a policy rejects ends the upgrade')
  t.match(await stateOf(scene), /runs 0\.1\.0; claim template 0\.1\.0$/, 'before anything is changed')

  const kept = await step(`upgrade 0.4.0 ${postRenderer('restore')}`)
  t.equal(kept.error, '')
  t.equal(await stateOf(scene), 'deployed 0.4.0; runs 0.4.0; claim template 0.1.0', 'the upgrade goes through')
  t.equal((await step(`upgrade 0.5.0 ${postRenderer('restore')}`)).error, '', 'and so does the next one')
}

/** All that Helm says. */
async function upgradeRejected({ helms, major, home, namespace }: Scene, flags: string): Promise<string> {
  const run = helms.get(major)
  const said = await run?.(['upgrade', 'pgw', home.chart('0.3.0'), '-n', namespace, ...flags.split(' ')])
  if (said === undefined || said.code === 0) throw new Error('the upgrade was not rejected')
  return [said.error, ...said.rest].join('\n')
}

function argumentsOf(
  major: Major,
  tools: string,
  namespace: string,
  configuration: keyof typeof CONFIGURATIONS
): string {
  const last = major === 3 ? ['-'] : []
  const flags = [...FLAGS[major], `--config=${join(tools, configuration)}`, `--namespace=${namespace}`, ...last]
  return ['--post-renderer', 'holdfast', ...flags.map((flag) => `--post-renderer-args=${flag}`)].join(' ')
}

/** A directory for the PATH, with `holdfast` in it and the configuration files beside it. */
function toolsOf(): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-tools-'))
  symlinkSync(BIN, join(directory, 'holdfast'))
  for (const [name, text] of Object.entries(CONFIGURATIONS)) writeFileSync(join(directory, name), text)
  return directory
}
