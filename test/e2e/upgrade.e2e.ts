// The upgrade that fails: a chart's version stands in a label of its claim template. Every way of sending it, in every
// mode: what kubectl prints, how it exits, and what is stored afterwards.

import type { V1StatefulSet } from '@kubernetes/client-node'
import { CHART_UPGRADES } from '../fixtures/pushgateway-chart.ts'
import { claimLabelsOf, imageOf, jsonPatch, NAME, release } from './harness/manifests.ts'
import { endToEnd, type Holdfast, type Stage, type Test } from './harness/suite.ts'
import { denial, KEPT, RAW, said, VOLATILE, wouldReject } from './harness/words.ts'

const FROM = '2.16.0'
const TO = '2.17.0'

interface Verb {
  name: string
  args: (namespace: string) => string[]
  /** Whether kubectl sends the manifest; a patch brings its own. */
  noInput?: true
  /** What it prints when it succeeds. */
  prints: string
  /** Who owns the claim templates then: manager and operation, as in managedFields. */
  owner?: string
  /** A dry run stores nothing, whatever is said. */
  dryRun?: true
  /** kubectl diff exits with 1 where there are differences, and with more where it could not tell. */
  codes?: { success: number; refusal: number }
}

const VERBS: readonly Verb[] = [
  {
    name: 'apply',
    args: () => ['apply', '-f', '-'],
    prints: `statefulset.apps/${NAME} configured\n`,
    owner: 'kubectl-client-side-apply Update'
  },
  {
    name: 'apply --server-side',
    args: () => ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    prints: `statefulset.apps/${NAME} serverside-applied\n`,
    owner: 'kubectl Apply'
  },
  {
    name: 'replace',
    args: () => ['replace', '-f', '-'],
    prints: `statefulset.apps/${NAME} replaced\n`,
    owner: 'kubectl-replace Update'
  },
  {
    name: 'patch --type=json',
    args: (namespace) => ['patch', 'statefulset', NAME, '-n', namespace, '--type=json', '-p', jsonPatch(TO)],
    noInput: true,
    prints: `statefulset.apps/${NAME} patched\n`,
    owner: 'kubectl-patch Update'
  },
  {
    name: 'apply --dry-run=server',
    args: () => ['apply', '--dry-run=server', '-f', '-'],
    prints: `statefulset.apps/${NAME} configured (server dry run)\n`,
    dryRun: true
  },
  // What it prints is looked at in a scenario of its own.
  { name: 'diff', args: () => ['diff', '-f', '-'], prints: '', dryRun: true, codes: { success: 1, refusal: 2 } }
]

interface Situation {
  name: string
  /** The configuration of the server; `undefined` for no Holdfast at all. */
  configuration?: string
  says: (namespace: string) => string[]
  goesThrough?: true
  /** What the log calls each decision, with the policy's mode; `undefined` where nothing is decided. */
  decides?: [outcome: string, mode: string, verdict: string]
  /** What the audit log of the API server begins with; `undefined` for no annotation. */
  audits?: string
  /** What the first install says. */
  warnsOnCreate: string[]
}

const FIELD = 'spec.volumeClaimTemplates[0].metadata.labels: '

const SITUATIONS: readonly Situation[] = [
  { name: 'without Holdfast', says: () => [RAW], warnsOnCreate: [] },
  {
    name: 'reject',
    configuration: '',
    says: (namespace) => [denial(namespace)],
    decides: ['denied', 'enforce', 'denied'],
    audits: `denied: ${FIELD}labels of`,
    warnsOnCreate: VOLATILE
  },
  {
    name: 'restore',
    configuration: 'policies: {claim-template-labels: {onChange: restore}}',
    says: () => [KEPT],
    goesThrough: true,
    decides: ['patched', 'enforce', 'patched'],
    audits: `patched: ${FIELD}keeps`,
    warnsOnCreate: []
  },
  {
    name: 'warn',
    configuration: 'mode: warn',
    says: (namespace) => [...wouldReject(namespace), RAW],
    decides: ['allowed', 'warn', 'warned'],
    audits: `warned: ${FIELD}would reject: labels of`,
    warnsOnCreate: VOLATILE
  },
  {
    name: 'audit',
    configuration: 'mode: audit',
    says: () => [RAW],
    decides: ['allowed', 'audit', 'audited'],
    audits: `audited: ${FIELD}would reject: labels of`,
    warnsOnCreate: []
  }
]

endToEnd('the upgrade that fails', {}, async (t, stage) => {
  for (const situation of SITUATIONS) {
    await t.test(situation.name, async (t) => {
      const server = await inFront(stage, situation)
      for (const verb of VERBS) await t.test(`kubectl ${verb.name}`, (t) => tryVerb(t, stage, situation, verb))
      if (server !== undefined) await t.test('server log and audit log', (t) => traces(t, stage, situation, server))
    })
  }
  await t.test('restore, again and again', (t) => allUpgrades(t, stage))
})

async function inFront(stage: Stage, { configuration }: Situation): Promise<Holdfast | undefined> {
  if (configuration === undefined) return undefined
  const server = await stage.holdfast({ configuration })
  await stage.install('cluster-wide', server)
  return server
}

async function tryVerb(t: Test, stage: Stage, situation: Situation, verb: Verb): Promise<void> {
  const namespace = await stage.namespace()
  const created = await stage.run(['apply', '-f', '-'], release(FROM, namespace))
  t.strictSame(said(created), situation.warnsOnCreate, 'what the install says')
  const before = await stored(stage, namespace)

  const result = await stage.run(verb.args(namespace), verb.noInput ? '' : release(TO, namespace))
  t.strictSame(said(result), situation.says(namespace), 'what the upgrade says')
  const { success, refusal } = verb.codes ?? { success: 0, refusal: 1 }
  t.equal(result.code, situation.goesThrough ? success : refusal, 'exit code')
  if (verb.name === 'diff' && situation.goesThrough) checkDifferences(t, result.stdout)
  else t.equal(result.stdout, situation.goesThrough ? verb.prints : '', 'standard output')

  const after = await stored(stage, namespace)
  if (situation.goesThrough && !verb.dryRun) {
    t.match(after, { image: imageOf(TO), claimLabels: claimLabelsOf(FROM), generation: 2 }, 'all but the labels is new')
    // Putting labels back is not a change of hands: ownership was settled before.
    t.strictSame(after.owners, [verb.owner], 'the claim templates belong to whoever sent them')
  } else {
    t.strictSame(after, before, 'nothing is stored')
  }
}

/** The differences that would be applied: the image, and not what is put back. */
function checkDifferences(t: Test, stdout: string): void {
  // The annotation of kubectl apply quotes the manifest whole, on one long line.
  const lines = stdout.split('\n').filter((line) => !line.includes('"kind":"StatefulSet"'))
  t.ok(
    lines.includes(`-      - image: ${imageOf(FROM)}`) || lines.includes(`-        image: ${imageOf(FROM)}`),
    'image'
  )
  const below = lines.slice(lines.findIndex((line) => line.includes('volumeClaimTemplates')))
  t.strictSame(
    below.filter((line) => line.startsWith('+') || line.startsWith('-')),
    [],
    'no difference in the claim templates'
  )
}

interface Stored {
  resourceVersion: string | undefined
  generation: number | undefined
  image: string | undefined
  claimLabels: Record<string, string> | undefined
  /** Who owns the claim templates: manager and operation, as in managedFields. */
  owners: string[]
}

async function stored(stage: Stage, namespace: string): Promise<Stored> {
  const set = await stage.get<V1StatefulSet>('statefulset', NAME, '-n', namespace, '--show-managed-fields')
  return partsOf(set, stage)
}

function partsOf({ metadata, spec }: V1StatefulSet, { isOwn }: Stage): Stored {
  return {
    // Where controllers write to the status meanwhile, it says nothing.
    resourceVersion: isOwn ? metadata?.resourceVersion : undefined,
    generation: metadata?.generation,
    image: spec?.template.spec?.containers[0]?.image,
    claimLabels: spec?.volumeClaimTemplates?.[0]?.metadata?.labels,
    owners: (metadata?.managedFields ?? [])
      .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('"f:volumeClaimTemplates"'))
      .map(({ manager, operation }) => `${manager} ${operation}`)
  }
}

/** What is left of it beside what the user saw: the server's log, and the API server's audit log. */
async function traces(t: Test, stage: Stage, { decides, audits }: Situation, server: Holdfast): Promise<void> {
  // Its log is complete when it has ended.
  await server.stop()
  const [outcome, mode, verdict] = decides ?? []
  const updates = Map.groupBy(
    // What goes through is seen again in the validating phase, by policies that have nothing to say about it.
    server.decided().filter(({ operation, policies }) => operation === 'UPDATE' && policies.length > 0),
    ({ namespace }) => namespace
  )
  t.equal(updates.size, VERBS.length, 'every upgrade was evaluated, dry runs too')
  for (const [namespace, decisions] of updates) {
    for (const decision of decisions) {
      t.match(decision, { kind: 'StatefulSet', name: NAME, outcome }, 'the log names it')
      t.strictSame(decision.policies, [{ policy: 'claim-template-labels', mode, outcome: verdict }], 'and the verdict')
    }
    if (!stage.isOwn) continue
    const key = 'statefulsets.mutate.holdfast.dev/claim-template-labels'
    const annotations = stage.audited(namespace).flatMap((event) => event.annotations?.[key] ?? [])
    t.equal(annotations.length, decisions.length, 'and so does the audit log')
    for (const text of annotations) t.ok(text.startsWith(audits as string), text)
  }
}

/** All versions of the chart that changed nothing else of what cannot change, one after the other, as years go by. */
async function allUpgrades(t: Test, stage: Stage): Promise<void> {
  const server = await stage.holdfast({ configuration: 'policies: {claim-template-labels: {onChange: restore}}' })
  await stage.install('cluster-wide', server)
  const namespace = await stage.namespace()
  const upgrades = CHART_UPGRADES.filter(({ from }) => !from.startsWith('1.'))
  const first = upgrades[0]?.from as string
  await stage.run(['apply', '-f', '-'], release(first, namespace))

  let last = await stored(stage, namespace)
  for (const { from, to } of upgrades) {
    const result = await stage.run(['apply', '-f', '-', '-o', 'json', '--show-managed-fields'], release(to, namespace))
    t.equal(result.code, 0, `${from} → ${to} goes through`)
    const now = partsOf(JSON.parse(result.stdout), stage)
    t.equal(said(result).length, 1, 'with one warning')
    t.match(
      now,
      { image: imageOf(to), claimLabels: claimLabelsOf(first), owners: last.owners },
      'new but for the labels'
    )
    t.equal(now.generation, (last.generation as number) + 1, 'a generation later')
    last = now
  }

  const { to } = upgrades.at(-1) as { to: string }
  await t.test('the same once more', async (t) => {
    const again = await stage.run(['apply', '-f', '-'], release(to, namespace))
    t.equal(again.code, 0)
    t.strictSame(await stored(stage, namespace), last, 'writes nothing')
  })
  await t.test('and on with server-side apply', async (t) => {
    const over = ['apply', '--server-side', '--force-conflicts', '-f', '-']
    t.equal((await stage.run(over, release(to, namespace))).code, 0)
    const owned = await stored(stage, namespace)
    const plain = ['apply', '--server-side', '-f', '-']
    const result = await stage.run(plain, release(first, namespace))
    t.equal(result.code, 0, 'without conflicts, although something else is stored than was applied')
    const now = await stored(stage, namespace)
    t.match(now, { image: imageOf(first), claimLabels: claimLabelsOf(first), owners: owned.owners })
  })
}
