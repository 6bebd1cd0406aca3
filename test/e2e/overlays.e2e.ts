// From one overlay to another, and to a release with other entries, while cainjector owns a field of every entry.

import { issueCertificates } from '../../src/certificates/issue.ts'
import { type Entry, entriesOf, type Manifest, overlays, render, skip } from '../manifests/render.ts'
import { type Cainjector, cainjectorOf } from './harness/cainjector.ts'
import { documentedCommands, type Shell, shellOf } from './harness/documented.ts'
import type { KubectlResult } from './harness/kubectl.ts'
import { listOf } from './harness/manifests.ts'
import { CONFIGURATIONS, endToEnd, type Stage, type Test } from './harness/suite.ts'

const STYLES = { client: ['apply'], server: ['apply', '--server-side'] } as const
type Style = keyof typeof STYLES

/** Every way to apply twice. What a field manager owns depends on both. */
const TWICE: readonly [first: Style, second: Style][] = [
  ['client', 'client'],
  ['client', 'server'],
  ['server', 'client'],
  ['server', 'server']
]

endToEnd('overlays', { wholeCluster: true }, async (t, stage) => {
  const shell = await shellOf(stage)
  const cainjector = await cainjectorOf(stage)
  const { ca } = await issueCertificates(['holdfast.holdfast-system.svc'], 1, new Date())
  try {
    for (const [first, second] of TWICE) {
      await t.test(`from each overlay to each, ${first} side, then ${second} side`, { skip }, async (t) => {
        for (const from of overlays) {
          for (const to of overlays.filter((it) => it !== from)) {
            await t.test(`${from}, ${to}, and back`, (t) =>
              thereAndBack(t, { stage, cainjector, ca, first, second, from, to })
            )
          }
        }
      })
    }
    for (const [first, second] of TWICE) {
      for (const change of ['drops', 'renames'] as const) {
        const title = `a release that ${change} an entry, ${first} side, then ${second} side`
        await t.test(title, { skip }, (t) => nextRelease(t, { stage, shell, cainjector, ca, first, second, change }))
      }
    }
    await t.test('the documented list of entries', { skip }, (t) => listed(t, stage, shell))
  } finally {
    shell.dispose()
  }
})

interface Installed {
  stage: Stage
  cainjector: Cainjector
  ca: string
  first: Style
  second: Style
}

async function thereAndBack(
  t: Test,
  { from, to, ...installed }: Installed & { from: string; to: string }
): Promise<void> {
  const { stage, second } = installed
  await install(installed, configurationsOf(from))
  for (const overlay of [to, from]) {
    const { code, stderr } = await apply(stage, second, configurationsOf(overlay))
    t.strictSame([code, problemsIn(stderr)], [0, []], overlay)
    const stored = await entriesIn(stage)
    t.strictSame(stored.map(withoutCa), expected(overlay), `exactly the entries of ${overlay}`)
    t.ok(
      stored.every(({ clientConfig }) => clientConfig.caBundle),
      'and every one of them is trusted throughout'
    )
  }
}

type Change = 'drops' | 'renames'

async function nextRelease(
  t: Test,
  { shell, change, ...installed }: Installed & { shell: Shell; change: Change }
): Promise<void> {
  const { stage, cainjector, ca, first, second } = installed
  const next = configurationsOf('cluster-wide')
  const old = next.map((configuration) => before(configuration, change))
  await install(installed, old)

  // What operators are told to expect of kubectl apply alone.
  const alone = await apply(stage, second, next)
  if (second === 'server' && first === 'server') {
    t.equal(alone.code, 1)
    t.match(alone.stderr, /webhooks\[\d+\]\.sideEffects: Required value/)
  } else {
    t.equal(alone.code, 0)
    const left = (await entriesIn(stage)).filter(({ name }) => name.startsWith('old.'))
    t.equal(left.length, first === second ? 0 : 2, 'entries that are left')
  }

  const [script = ''] = documentedCommands('docs/upgrade-holdfast.md', 'Upgrade Holdfast')
  for (const phase of ['mutating', 'validating']) {
    const others = (await entriesIn(stage)).filter(({ name }) => name !== OLD[phase])
    const command = script.replace('mutating', phase).replace('NAME', OLD[phase] as string)
    const { code, stderr } = await shell.run(command)
    t.strictSame([code, stderr], [0, ''], command.trim())
    t.strictSame(await entriesIn(stage), others, 'nothing else goes')
  }
  const again = await apply(stage, second, next)
  t.strictSame([again.code, problemsIn(again.stderr)], [0, []], 'it can be applied')
  t.strictSame((await entriesIn(stage)).map(withoutCa), expected('cluster-wide'))
  await cainjector.inject(ca)
  t.strictSame((await apply(stage, second, next)).code, 0, 'and applied again')
  t.strictSame((await entriesIn(stage)).map(withoutCa), expected('cluster-wide'))
}

async function listed(t: Test, stage: Stage, shell: Shell): Promise<void> {
  const [list = ''] = documentedCommands('docs/choose-a-mode.md', 'Change the overlay')
  for (const overlay of overlays) {
    t.equal((await apply(stage, 'client', configurationsOf(overlay))).code, 0)
    const { code, stdout } = await shell.run(list)
    const lines = expected(overlay).map(({ name, clientConfig }) => `${name}\t${clientConfig.service?.path}`)
    t.strictSame([code, stdout.trimEnd().split('\n').sort()], [0, lines.sort()], overlay)
  }
}

/** Of an earlier release, by phase. */
const OLD: Readonly<Record<string, string>> = {
  mutating: 'old.statefulsets.mutate.holdfast.dev',
  validating: 'old.workloads.validate.holdfast.dev'
}

type Configured = Manifest & { webhooks: Entry[] }

/** What an earlier release had: one entry more, or another name for one of them. */
function before(configuration: Configured, change: Change): Configured {
  const name = configuration.kind.startsWith('Mutating') ? OLD.mutating : OLD.validating
  const same = configuration.webhooks.find((entry) => `old.${entry.name}` === name) as Entry
  const kept = configuration.webhooks.filter((entry) => change === 'drops' || entry !== same)
  return { ...configuration, webhooks: [...kept, { ...same, name: name as string }] }
}

function configurationsOf(overlay: string): Configured[] {
  return render(`overlays/${overlay}`).filter(({ kind }) => kind.endsWith('WebhookConfiguration')) as Configured[]
}

function expected(overlay: string): Omit<Entry, 'phase'>[] {
  return byName(entriesOf(render(`overlays/${overlay}`)).map(({ phase: _, ...entry }) => entry))
}

async function install({ stage, cainjector, ca, first }: Installed, configurations: Configured[]): Promise<void> {
  await stage.kubectl(['delete', ...CONFIGURATIONS.map((kind) => `${kind}/holdfast`), '--ignore-not-found'])
  const { code, stderr } = await apply(stage, first, configurations)
  if (code !== 0) throw new Error(stderr)
  await cainjector.inject(ca)
}

function apply(stage: Stage, style: Style, configurations: readonly object[]): Promise<KubectlResult> {
  return stage.run([...STYLES[style], '-f', '-'], listOf(configurations))
}

/** kubectl warns of a client-side apply after a server-side one, and that is all right. */
function problemsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.includes('last-applied-configuration'))
}

async function entriesIn(stage: Stage): Promise<Entry[]> {
  const { items } = await stage.get<{ items: Configured[] }>(CONFIGURATIONS.join(','))
  return byName(items.filter(({ metadata }) => metadata.name === 'holdfast').flatMap(({ webhooks }) => webhooks))
}

function withoutCa({ clientConfig: { caBundle: _, ...clientConfig }, ...entry }: Entry): Omit<Entry, 'phase'> {
  return { ...entry, clientConfig }
}

function byName<E extends { name: string }>(entries: E[]): E[] {
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
