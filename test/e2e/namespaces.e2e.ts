// The three overlays: what happens in a namespace, by its label holdfast.dev/mode. The table of manifests/README.md, tried.

import { gateway, NAME, podOf, release, stopOf } from './harness/manifests.ts'
import { endToEnd, type Holdfast, MODE_LABEL, type Overlay, type Stage, type Test } from './harness/suite.ts'
import { waitUntilInForce } from './harness/webhook.ts'
import { denial, RAW, said, VOLATILE, wouldReject } from './harness/words.ts'

type Mode = 'enforce' | 'warn' | 'audit' | null

/** By the value of the label; '' is no label. null: the API server does not call. */
const MODES: Record<Overlay, Record<string, Mode>> = {
  audit: { '': 'audit', enforce: 'audit', warn: 'audit', audit: 'audit', off: null, enforced: 'audit' },
  'cluster-wide': { '': 'enforce', enforce: 'enforce', warn: 'warn', audit: 'audit', off: null, enforced: 'enforce' },
  'opt-in': { '': null, enforce: 'enforce', warn: 'warn', audit: 'audit', off: null, enforced: null }
}

/** Labels that are set one after the other on one namespace, '' to remove it. */
const CHANGES: Record<Overlay, readonly string[]> = {
  audit: ['off', ''],
  'cluster-wide': ['off', 'warn', 'audit', ''],
  'opt-in': ['enforce', 'warn', 'audit', 'off', '']
}

const SYSTEM = ['holdfast-system', 'kube-node-lease', 'kube-system']

/** What a user meets in a namespace. */
interface Experience {
  install: string[]
  upgrade: string[]
  pod: { says: string[]; preStop: object | null }
}

const HOOK = 'adds a preStop of 15 s to container "pushgateway"'
const TIME = 'set lifecycle.preStop.sleep.seconds: 15 (a value of the chart since prometheus-pushgateway 2.16.0)'
const podSays = (words: string) => `Warning: Holdfast pushgateway-graceful-stop: ${words}`

function expected(mode: Mode, namespace: string): Experience {
  if (mode === 'enforce') {
    const pod = { says: [podSays(HOOK)], preStop: { sleep: { seconds: 15 } } }
    return { install: VOLATILE, upgrade: [denial(namespace)], pod }
  }
  if (mode === 'warn') {
    const pod = { says: [podSays(`would patch: ${HOOK}`), podSays(`fix: ${TIME}`)], preStop: null }
    return { install: VOLATILE, upgrade: [...wouldReject(namespace), RAW], pod }
  }
  return { install: [], upgrade: [RAW], pod: { says: [], preStop: null } }
}

endToEnd('namespaces', {}, async (t, stage) => {
  for (const overlay of Object.keys(MODES) as Overlay[]) {
    await t.test(overlay, async (t) => {
      const server = await stage.holdfast()
      await t.test('is stored as it is sent', (t) => isStoredAsSent(t, stage, overlay, server))
      const seen: [what: string, namespace: string, mode: Mode][] = []
      for (const [label, mode] of Object.entries(MODES[overlay])) {
        const what = label === '' ? 'no label' : `label ${label}`
        const namespace = await stage.namespace(label || undefined)
        seen.push([what, namespace, mode])
        await t.test(what, (t) => meets(t, stage, namespace, mode))
      }
      await t.test('a label that changes', (t) => followsLabel(t, stage, overlay))
      await t.test('namespaces of the system', { skip: !stage.isOwn }, (t) => system(t, stage, server))
      await t.test('modes in the log', (t) => logged(t, server, seen))
    })
  }
})

/** GitOps tools compare what they sent with what is stored: a field that was filled in would be a difference for ever. */
async function isStoredAsSent(t: Test, stage: Stage, overlay: Overlay, server: Holdfast): Promise<void> {
  for (const sent of await stage.install(overlay, server)) {
    const stored = await stage.get<typeof sent>(sent.kind.toLowerCase(), sent.metadata.name)
    t.same(stored.webhooks, sent.webhooks, sent.kind)
  }
}

async function meets(t: Test, stage: Stage, namespace: string, mode: Mode): Promise<void> {
  await stage.run(['create', '-f', '-'], release('2.16.0', namespace))
  const before = await stage.calls()
  t.strictSame(await tryAll(stage, namespace), expected(mode, namespace), 'what the user meets')
  if (stage.isOwn) t.equal((await stage.calls()) - before, mode === null ? 0 : 3, 'calls')
}

/** An install, an upgrade and a Pod, all in dry runs, so that it can be done again. */
async function tryAll(stage: Stage, namespace: string): Promise<Experience> {
  const second = release('2.16.0', namespace)
  second.metadata.name = `${NAME}-second`
  const create = ['create', '--dry-run=server', '-o', 'json', '-f', '-']
  const install = await stage.run(create, second)
  const upgrade = await stage.run(['apply', '--dry-run=server', '-f', '-'], release('2.17.0', namespace))
  const pod = await stage.run(create, podOf(namespace, 'gateway', [gateway()]))
  const { preStop } = stopOf(JSON.parse(pod.stdout))
  return {
    install: said(install),
    // kubectl create leaves no trace of what it created, which kubectl apply complains about.
    upgrade: said(upgrade).filter((line) => !line.includes('last-applied-configuration')),
    pod: { says: said(pod), preStop: preStop.pushgateway as object | null }
  }
}

async function followsLabel(t: Test, stage: Stage, overlay: Overlay): Promise<void> {
  const namespace = await stage.namespace()
  await stage.run(['create', '-f', '-'], release('2.16.0', namespace))
  for (const label of CHANGES[overlay]) {
    const change = label === '' ? `${MODE_LABEL}-` : `${MODE_LABEL}=${label}`
    await stage.kubectl(['label', 'namespace', namespace, change, '--overwrite'])
    await waitUntilInForce(stage.kubectl, { namespace })
    const mode = MODES[overlay][label] as Mode
    t.strictSame(await tryAll(stage, namespace), expected(mode, namespace), label || 'removed')
  }
}

/** Not even where somebody has labelled them. Not in a cluster of somebody else: the labels would stay if we died. */
async function system(t: Test, stage: Stage, server: Holdfast): Promise<void> {
  await stage.run(['create', 'namespace', 'holdfast-system'])
  for (const namespace of SYSTEM) {
    await stage.kubectl(['label', 'namespace', namespace, `${MODE_LABEL}=enforce`, '--overwrite'])
    await waitUntilInForce(stage.kubectl, { namespace })
    await t.test(namespace, (t) => meets(t, stage, namespace, null))
    await stage.kubectl(['delete', 'statefulset', NAME, '-n', namespace])
  }
  t.notOk(
    server.decided().some(({ namespace }) => SYSTEM.includes(namespace)),
    'nothing was evaluated'
  )
}

async function logged(t: Test, server: Holdfast, seen: [what: string, namespace: string, mode: Mode][]): Promise<void> {
  await server.stop()
  for (const [what, namespace, mode] of seen) {
    const own = server.decided().filter((decided) => decided.namespace === namespace)
    const modes = new Set(own.flatMap(({ policies }) => policies.map((verdict) => verdict.mode)))
    t.strictSame([...modes], mode === null ? [] : [mode], what)
  }
}
