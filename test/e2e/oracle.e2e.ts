// What Holdfast says about generated updates of StatefulSets, compared with what the API server does with them: in this
// process, and as a webhook. `npm run test:oracle` compares as many as are wanted, on each minor version.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { parseVersion } from '../../src/core/cluster.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { type Oracle, oracleIn, truthOf } from '../oracle/api-server.ts'
import { type Compared, dryRun, runOracle } from '../oracle/run.ts'
import { type Assets, type ControlPlane, findAssets, startControlPlane } from './harness/control-plane.ts'
import { type Holdfast, startHoldfast } from './harness/holdfast.ts'
import { callLocally, type WebhookConfiguration, waitUntilInForce } from './harness/webhook.ts'

const { assets, reason } = findAssets(process.env)
const PAIRS = 300
const RESTORE = 'policies: {claim-template-labels: {onChange: restore}}'
const OVERLAY = join(import.meta.dirname, '../../manifests/overlays/cluster-wide')

t.setTimeout(600_000)

t.test('generated updates', { skip: reason ?? false }, async (t) => {
  const cluster = await startControlPlane(assets as Assets, { controllers: false })
  t.teardown(() => cluster.stop())
  const minor = await minorOf(cluster)
  const oracle = await oracleIn(cluster)
  t.teardown(() => oracle.close())

  await t.test('each is decided as the API server decides it', async (t) => {
    const { pairs, refused, accepted, restored, disagreements } = await runOracle(oracle, {
      ...{ pairs: PAIRS, seed: 'e2e', minor }
    })
    t.ok(pairs >= PAIRS && refused > PAIRS / 4 && accepted > PAIRS / 4 && restored > 5, 'there are some of each')
    t.strictSame(disagreements, [])
  })
  for (const configuration of ['', RESTORE]) {
    await t.test(`through the webhook: ${configuration || 'the default'}`, async (t) => {
      const holdfast = await startHoldfast({ configuration, flags: [`--kubernetes-version=${minor}`] })
      t.teardown(() => holdfast.dispose())
      await install(cluster, holdfast)
      const isRestoring = configuration === RESTORE
      const told = await throughWebhook(t, oracle, minor, isRestoring)
      t.ok(told > PAIRS / 10, 'there are some to see')
    })
  }
})

async function minorOf({ kubectl }: ControlPlane): Promise<string> {
  const { serverVersion } = JSON.parse((await kubectl(['version', '-o', 'json'])).stdout)
  const version = parseVersion(serverVersion.gitVersion)
  return `${version?.major}.${version?.minor}`
}

async function install({ kubectl }: ControlPlane, holdfast: Holdfast): Promise<void> {
  const { stdout } = await kubectl(['kustomize', OVERLAY])
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as WebhookConfiguration)
  const items = objects
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .map((configuration) => callLocally(configuration, holdfast))
    .map(forLabelled)
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  await waitUntilInForce(kubectl)
}

/** Which updates go through Holdfast. All others are the API server's alone to decide. */
const LABEL = { through: 'holdfast' }

function forLabelled({ webhooks = [], ...configuration }: WebhookConfiguration): object {
  return {
    ...configuration,
    webhooks: webhooks.map((webhook) => ({ ...webhook, objectSelector: { matchLabels: LABEL } }))
  }
}

/** Has the API server decide each update by itself and with Holdfast, and answers with how many Holdfast refused. */
async function throughWebhook(t: Test, oracle: Oracle, minor: string, isRestoring: boolean): Promise<number> {
  let denied = 0
  const compared = async ({ name, after, truth, webhook }: Compared): Promise<void> => {
    const answer = await dryRun(oracle, labelled(after), name)
    oracle.reviewOf(name)
    if (truth === 'accepted' || (isRestoring && webhook.restored !== undefined)) {
      t.equal(truthOf(answer), 'accepted', name)
      return
    }
    denied++
    const { message, details } = answer.body as { message: string; details: { causes: { field: string }[] } }
    t.match(message, /\(Holdfast, policy claim-template-labels\)/, name)
    t.equal(details.causes[0]?.field, webhook.field, name)
  }
  const seed = isRestoring ? 'restore' : 'reject'
  const { disagreements } = await runOracle(oracle, { pairs: PAIRS, seed, minor, compared })
  t.strictSame(disagreements, [])
  return denied
}

function labelled(object: JsonObject): JsonObject {
  const metadata = object.metadata as JsonObject
  return { ...object, metadata: { ...metadata, labels: { ...(metadata.labels as JsonObject | null), ...LABEL } } }
}
