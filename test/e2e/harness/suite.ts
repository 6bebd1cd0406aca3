// What every file of scenarios shares: a cluster to run in, Holdfast in front of it, and a look at what was counted.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { findAssets } from './assets.ts'
import { type Cluster, existingCluster, startControlPlane, sumOf, webhookCalls } from './control-plane.ts'
import { type Holdfast, type HoldfastOptions, startHoldfast } from './holdfast.ts'
import type { KubectlResult } from './kubectl.ts'
import { until } from './wait.ts'
import { callLocally, type WebhookConfiguration, waitUntilInForce } from './webhook.ts'

export type { Test } from 'tap'
export type { Holdfast } from './holdfast.ts'

export type Overlay = 'audit' | 'cluster-wide' | 'opt-in'

/** The namespace label that the manifests select by. */
export const MODE_LABEL = 'holdfast.dev/mode'

export interface StageOptions {
  /** Whether the scenarios need controllers; they are skipped where there are none. Default false: none are started. */
  controllers?: boolean
  /** Whether the scenarios change the whole cluster; they are skipped in one that is not ours. Default false. */
  wholeCluster?: boolean
  /** Whether Holdfast is made unreachable on purpose. Default false: every call has to be answered. */
  outages?: boolean
  /** Further flags of kube-apiserver, where it is ours to start. */
  apiServerArgs?: readonly string[]
}

/** A webhook configuration as it is shipped and stored. */
export type Configuration = WebhookConfiguration & { metadata: { name: string } }

export interface Stage extends Cluster {
  /** Whether the cluster is ours alone, so that nothing but the test writes to it. */
  readonly isOwn: boolean
  /** The IP address of this machine that the API server can reach. */
  readonly address: string
  /** Runs kubectl with an object or a text as its input; a non-zero exit code is an answer, too. */
  run(args: readonly string[], input?: object | string): Promise<KubectlResult>
  /** What `kubectl get ARGS -o json` says. */
  get<T>(...args: string[]): Promise<T>
  /** A new namespace, with a label holdfast.dev/mode where a mode is given. Returns its name. */
  namespace(mode?: string): Promise<string>
  /** Starts Holdfast; it is stopped at the end, and has to end well. */
  holdfast(options?: HoldfastOptions): Promise<Holdfast>
  /** Applies an overlay's webhook configurations, pointed at a server, and waits until the API server acts on them. */
  install(overlay: Overlay, server: Holdfast, change?: (configuration: Configuration) => void): Promise<Configuration[]>
  /** Deletes the webhook configurations and waits until the API server has noticed. */
  uninstall(): Promise<void>
  /** How often the API server has called an entry of our webhook configurations since the start, or all of them. */
  calls(entry?: string): Promise<number>
  /** A sum over all entries of our webhook configurations of one of the API server's counters, since the start. */
  counted(metric: string, labels?: Readonly<Record<string, string>>): Promise<number>
  /** What the API server's audit log has about the StatefulSets of a namespace; nothing but in a cluster of our own. */
  audited(namespace: string): AuditEvent[]
  /**
   * What was deleted since the start, as `RESOURCE/NAME` in the order of the requests: webhook configurations and what
   * they need to be answered. Nothing but in a cluster of our own.
   */
  deletions(): string[]
}

/** What a test looks at in a line of the audit log. */
export interface AuditEvent {
  verb?: string
  requestURI?: string
  userAgent?: string
  objectRef?: { namespace?: string; resource?: string; name?: string }
  annotations?: Record<string, string>
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** The resources whose object "holdfast" makes the API server call. */
export const CONFIGURATIONS = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration']
/**
 * Declares the scenarios of one file. They run in a control plane of their own, or in the cluster whose context
 * `HOLDFAST_E2E_CONTEXT` names; where there is neither, they are skipped, with a sentence that says why.
 *
 * An API server that runs elsewhere than on this machine calls Holdfast at `HOLDFAST_E2E_ADDRESS`, an IP address of this
 * machine that it can reach.
 */
export function endToEnd(
  title: string,
  options: StageOptions,
  scenarios: (t: Test, stage: Stage) => Promise<void>
): void {
  // Run as `node FILE` there is no runner to give more time than a unit test has.
  t.setTimeout(600_000)
  t.test(title, { skip: reasonToSkip(options) }, async (t) => {
    const undo: (() => Promise<unknown>)[] = []
    try {
      const stage = await stageFor(t, options, undo)
      await scenarios(t, stage)
      await t.test('what the API server counted meanwhile', (t) => checkCounters(t, stage, options))
    } finally {
      // Last done, first undone. One that fails does not keep the others from being tried.
      for (const step of undo.toReversed()) await step().catch((error: Error) => t.fail(error.message))
    }
  })
}

function reasonToSkip({ controllers, wholeCluster }: StageOptions): string | false {
  if (existingCluster(process.env) !== undefined) return wholeCluster ? 'The cluster is not ours to change.' : false
  const { assets, reason } = findAssets(process.env)
  if (assets === undefined) return reason
  if (controllers && assets.kubeControllerManager === undefined) {
    return 'There is no kube-controller-manager next to kube-apiserver, so nothing creates Pods here.'
  }
  return false
}

async function stageFor(t: Test, options: StageOptions, undo: (() => Promise<unknown>)[]): Promise<Stage> {
  const { cluster, isOwn, auditLog } = await clusterFor(t, options, undo)
  const { kubectl } = cluster
  const address = process.env.HOLDFAST_E2E_ADDRESS || '127.0.0.1'
  const entries = new Set<string>()
  const before = await cluster.metrics()

  const run: Stage['run'] = (args, input = '') =>
    kubectl(args, { allowFailure: true, input: typeof input === 'string' ? input : JSON.stringify(input) })
  const get = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await kubectl(['get', ...args, '-o', 'json'])).stdout) as T
  const counted: Stage['counted'] = async (metric, labels = {}) => {
    const now = await cluster.metrics()
    const difference = (name: string) =>
      sumOf(now, metric, { ...labels, name }) - sumOf(before, metric, { ...labels, name })
    return [...entries].reduce((sum, name) => sum + difference(name), 0)
  }
  const uninstall = async (): Promise<void> => {
    await kubectl(['delete', ...CONFIGURATIONS.map((kind) => `${kind}/holdfast`), '--ignore-not-found'])
    await waitUntilInForce(kubectl)
  }
  undo.push(async () => isOwn || uninstall())

  return {
    ...cluster,
    isOwn,
    address,
    run,
    get,
    uninstall,
    counted,
    async namespace(mode) {
      const name = `holdfast-e2e-${randomBytes(4).toString('hex')}`
      const labels = mode === undefined ? {} : { [MODE_LABEL]: mode }
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
      await kubectl(['create', '-f', '-'], { input: JSON.stringify(namespace) })
      if (!isOwn) {
        undo.push(() => kubectl(['delete', 'namespace', name, '--wait=false']))
        // Its Pods need the service account that a controller makes for it.
        await until('the service account', () => kubectl(['get', 'serviceaccount', 'default', '-n', name]))
      }
      return name
    },
    async holdfast(options) {
      const holdfast = await startHoldfast({ address, ...options })
      undo.push(async () => {
        t.equal(await holdfast.stop(), 'exited with code 0', 'Holdfast ends well on SIGTERM')
        t.strictSame(holdfast.complaints(), [], 'and has complained of nothing')
        await holdfast.dispose()
      })
      return holdfast
    },
    async install(overlay, server, change = () => {}) {
      const configurations = (await render(cluster, overlay)).map((configuration) => callLocally(configuration, server))
      configurations.forEach(change)
      for (const { webhooks = [] } of configurations) for (const { name } of webhooks) entries.add(name)
      await kubectl(['apply', '-f', '-'], {
        input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: configurations })
      })
      await waitUntilInForce(kubectl)
      return configurations
    },
    calls: async (entry) =>
      entry === undefined
        ? counted('apiserver_admission_webhook_request_total')
        : webhookCalls(await cluster.metrics(), entry) - webhookCalls(before, entry),
    audited: (namespace) =>
      auditLog().filter(({ objectRef }) => objectRef?.resource === 'statefulsets' && objectRef.namespace === namespace),
    deletions: () =>
      auditLog()
        .filter(({ objectRef }) => objectRef?.resource !== 'statefulsets')
        .map(({ objectRef }) => `${objectRef?.resource}/${objectRef?.name}`)
  }
}

interface ClusterOnLoan {
  cluster: Cluster
  isOwn: boolean
  auditLog: () => AuditEvent[]
}

async function clusterFor(
  t: Test,
  { controllers = false, apiServerArgs = [] }: StageOptions,
  undo: (() => Promise<unknown>)[]
): Promise<ClusterOnLoan> {
  const existing = existingCluster(process.env)
  if (existing !== undefined) {
    t.comment(`in the existing cluster behind the context ${process.env.HOLDFAST_E2E_CONTEXT}`)
    await refuseWhereInstalled(existing)
    return { cluster: existing, isOwn: false, auditLog: () => [] }
  }
  const { assets, reason } = findAssets(process.env)
  if (assets === undefined) throw new Error(reason)
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-audit-'))
  undo.push(async () => rmSync(directory, { recursive: true, force: true }))
  const [policy, log] = [join(directory, 'policy.json'), join(directory, 'audit.log')]
  writeFileSync(policy, JSON.stringify(AUDIT_POLICY))
  const extraApiServerArgs = [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, ...apiServerArgs]
  const cluster = await startControlPlane(assets, { controllers, extraApiServerArgs })
  undo.push(() => cluster.stop())
  const auditLog = (): AuditEvent[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  return { cluster, isOwn: true, auditLog }
}

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', resources: [{ group: 'apps', resources: ['statefulsets'] }] },
    {
      level: 'Metadata',
      verbs: ['delete'],
      resources: [
        { group: 'admissionregistration.k8s.io', resources: CONFIGURATIONS.map((kind) => `${kind}s`) },
        { group: 'apps', resources: ['deployments'] },
        { group: '', resources: ['configmaps', 'pods', 'services'] }
      ]
    },
    { level: 'None' }
  ]
}

/** The suite's configurations have the names that Holdfast's own have, and are deleted when it ends. */
async function refuseWhereInstalled({ kubectl }: Cluster): Promise<void> {
  const { stdout } = await kubectl(['get', CONFIGURATIONS.join(','), '-o', 'name'])
  const own = stdout.split('\n').filter((name) => name.endsWith('/holdfast'))
  if (own.length > 0) throw new Error(`Holdfast is installed in this cluster (${own.join(', ')}): uninstall it first.`)
}

/** The webhook configurations of an overlay, as kustomize renders them. */
async function render({ kubectl }: Cluster, overlay: Overlay): Promise<Configuration[]> {
  const { stdout } = await kubectl(['kustomize', join(ROOT, 'manifests/overlays', overlay)])
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Configuration)
  const configurations = objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
  if (configurations.length !== 2) throw new Error(`the overlay ${overlay} has ${configurations.length} configurations`)
  return configurations
}

/** Nothing that Holdfast answered, or did not answer, may have gone wrong without a scenario having noticed. */
async function checkCounters(t: Test, { counted }: Stage, { outages = false }: StageOptions): Promise<void> {
  const rejections = 'apiserver_admission_webhook_rejection_count'
  const notApplied = await counted(rejections, { error_type: 'apiserver_internal_error' })
  t.equal(notApplied, 0, 'every patch could be applied')
  t.equal(await counted('apiserver_admission_match_condition_evaluation_errors_total'), 0, 'every condition was total')
  if (outages) return
  t.equal(await counted('apiserver_admission_webhook_fail_open_count'), 0, 'no call was given up on')
  t.equal(await counted(rejections, { error_type: 'calling_webhook_error' }), 0, 'and none failed')
}
