// A real control plane on 127.0.0.1: etcd, kube-apiserver and, where there is one, kube-controller-manager.
// No scheduler and no kubelet: Pods come to exist, and stay Pending.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '../../helpers/free-port.ts'
import { type Assets, findKubectl } from './assets.ts'
import { assertRunning, type Component, endComponent, startComponent, startGuard, tailOf } from './component.ts'
import { type Kubectl, kubectlWith } from './kubectl.ts'
import { until } from './wait.ts'

export { type Assets, type FoundAssets, findAssets } from './assets.ts'
export type { Kubectl, KubectlOptions, KubectlResult } from './kubectl.ts'
export { sumOf, webhookCalls } from './metrics.ts'
export { until } from './wait.ts'

/** What a test needs of a cluster, whoever runs it. */
export interface Cluster {
  kubectl: Kubectl
  /** The text of kube-apiserver's `/metrics`, one to two megabytes. Rejects as `kubectl` does. */
  metrics(): Promise<string>
  /** Ends kube-apiserver and starts it again at the same address, with the same store; absent where it is not ours. */
  restart?(): Promise<void>
}

export interface ControlPlane extends Cluster {
  /** Path of a kubeconfig whose user is in the group system:masters. */
  kubeconfig: string
  /** https://127.0.0.1:PORT */
  url: string
  /** Whether controllers run, so that a StatefulSet leads to Pods. */
  hasControllers: boolean
  /** Settles when it is ready again. */
  restart(): Promise<void>
  /** The last lines of each component's log: what to print when a test has waited in vain. */
  logs(): string
  /**
   * Ends the processes it started, SIGTERM first, and removes their directory. May be called more than once.
   * Rejects when a process could not be ended.
   */
  stop(): Promise<void>
}

export interface ControlPlaneOptions {
  /** Further flags of kube-apiserver. They come last, so that they win over those of the harness. */
  extraApiServerArgs?: readonly string[]
  /** Start kube-controller-manager where it is found. Default true; without it the stop is a second shorter. */
  controllers?: boolean
  /** Milliseconds that each component may take to become ready. Default 60 000. */
  timeoutMs?: number
}

// Names that are good since Kubernetes 1.28. A list, not '*': what needs nodes, clouds or volumes only burns CPU here.
const controllers = [
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'persistentvolumeclaim-protection-controller',
  'replicaset-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'statefulset-controller'
]

/** How long a component may take over a clean end. Nothing of what it would save is kept. */
const stopGraceMs = 5_000

/**
 * The cluster behind the context `HOLDFAST_E2E_CONTEXT` of the kubeconfig, for running the suite against one that exists;
 * `undefined` when that is not set or no kubectl can be found. Starts nothing and so has nothing to stop.
 *
 * `KUBECONFIG` alone is not enough: many people export it for a cluster that matters, and the suite installs webhooks.
 * Whoever names the context means it, and a current context that is switched elsewhere meanwhile changes nothing.
 */
export function existingCluster(env: NodeJS.ProcessEnv): Cluster | undefined {
  const program = findKubectl(env)
  const context = env.HOLDFAST_E2E_CONTEXT
  if (!context || program === undefined) return undefined
  // The whole environment: the credential plugins of managed clusters live off it.
  const kubectl = kubectlWith(program, env)
  return clusterOf((args, options) => kubectl([`--context=${context}`, ...args], options))
}

/**
 * Starts a control plane of its own: free ports, new keys, an empty store, everything in one temporary directory.
 * It does not outlive this process, however that ends.
 *
 * @throws {Error} with the tail of its log, when a component ended or did not become ready in time; nothing is left then
 */
export async function startControlPlane(assets: Assets, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'))
  const guard = startGuard(directory)
  const running: Component[] = []
  const launch: Launch = (name, program, args) => {
    const component = startComponent(name, program, args, directory)
    running.push(component)
    guard.watch(component)
    return component
  }
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= endAll(running).finally(() => guard.release())
    return stopping
  }

  try {
    const run: Run = { directory, assets, launch, timeoutMs: options.timeoutMs ?? 60_000 }
    const files = exportFiles(directory)
    await startEtcd(run)
    const { url, restart } = await startApiServer(run, files, options.extraApiServerArgs ?? [])
    writeKubeconfig(files, url)
    const program = options.controllers === false ? undefined : assets.kubeControllerManager
    if (program !== undefined) await startControllerManager(run, files, program, url)
    // HOME keeps kubectl's discovery cache away from the developer's, and the developer's kuberc away from kubectl.
    const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: files.kubeconfig }
    const cluster = clusterOf(kubectlWith(assets.kubectl, env))
    const logs = () => running.map((component) => tailOf(component)).join('\n')
    const hasControllers = program !== undefined
    return { ...cluster, kubeconfig: files.kubeconfig, url, hasControllers, restart, logs, stop }
  } catch (error) {
    // Why it did not start matters more than what went wrong while clearing up.
    await stop().catch(() => {})
    throw error
  }
}

type Launch = (name: string, program: string, args: readonly string[]) => Component

interface Run {
  directory: string
  assets: Assets
  launch: Launch
  timeoutMs: number
}

interface Files {
  /** The bearer token of the administrator. */
  token: string
  tokens: string
  signingKey: string
  verifyingKey: string
  certificates: string
  /** Written by kube-apiserver: its serving certificate followed by the CA that it made for itself. */
  servingCertificate: string
  kubeconfig: string
}

function clusterOf(kubectl: Kubectl): Cluster {
  return {
    kubectl,
    metrics: async () => (await kubectl(['get', '--raw', '/metrics'])).stdout
  }
}

function exportFiles(directory: string): Files {
  const path = (name: string) => join(directory, name)
  const token = randomBytes(24).toString('hex')
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })
  const files = {
    token,
    tokens: path('tokens.csv'),
    signingKey: path('service-account.key'),
    verifyingKey: path('service-account.pub'),
    certificates: path('certificates'),
    servingCertificate: path('certificates/apiserver.crt'),
    kubeconfig: path('kubeconfig')
  }
  writeFileSync(files.tokens, `${token},holdfast-e2e-admin,holdfast-e2e-admin,"system:masters"\n`, { mode: 0o600 })
  writeFileSync(files.signingKey, keys.privateKey, { mode: 0o600 })
  writeFileSync(files.verifyingKey, keys.publicKey)
  return files
}

function writeKubeconfig({ kubeconfig, servingCertificate, token }: Files, server: string): void {
  const name = 'holdfast-e2e'
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority': servingCertificate } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }]
  }
  // JSON is YAML, and needs no library to write.
  writeFileSync(kubeconfig, JSON.stringify(config, null, 2), { mode: 0o600 })
}

// Sockets in a directory of our own instead of ports: nobody else can take them, or read the store through them.
const socketOf = (directory: string, of: 'client' | 'peer') => join(directory, `etcd-${of}.sock`)

async function startEtcd({ directory, assets, launch, timeoutMs }: Run): Promise<void> {
  // etcd insists on announcing a host and a port. Nobody connects to it: there are no peers, and we know the socket.
  const announced = 'http://127.0.0.1:1'
  const socketPath = socketOf(directory, 'client')
  const etcd = launch('etcd', assets.etcd, [
    `--data-dir=${join(directory, 'etcd')}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    // A lone member elects itself when the timeout has passed: up to a second of waiting, by default.
    '--heartbeat-interval=10',
    '--election-timeout=100',
    `--listen-client-urls=unix://${socketPath}`,
    `--advertise-client-urls=${announced}`,
    `--listen-peer-urls=unix://${socketOf(directory, 'peer')}`,
    `--initial-advertise-peer-urls=${announced}`,
    `--initial-cluster=default=${announced}`
  ])
  await ready(etcd, timeoutMs, async () => (await get({ socketPath, path: '/health' })) !== undefined)
}

interface RunningApiServer {
  url: string
  restart(): Promise<void>
}

/** A free port may be taken again before it is used, so there are several tries. */
async function startApiServer(
  run: Run,
  files: Files,
  extraArgs: readonly string[],
  tries = 3
): Promise<RunningApiServer> {
  const port = await freePort()
  const url = `https://127.0.0.1:${port}`
  const launch = (): Component => {
    const args = apiServerArgs(run.directory, files, port)
    return run.launch('kube-apiserver', run.assets.kubeApiserver, [...args, ...extraArgs])
  }
  const isReady = async (): Promise<boolean> => (await getAs(files, url, '/readyz')) !== undefined
  let component = launch()
  const restart = async (): Promise<void> => {
    await endComponent(component, stopGraceMs)
    component = launch()
    await ready(component, run.timeoutMs, isReady)
  }
  try {
    await ready(component, run.timeoutMs, isReady)
    return { url, restart }
  } catch (error) {
    if (tries > 1 && tailOf(component).includes('address already in use')) {
      return startApiServer(run, files, extraArgs, tries - 1)
    }
    throw error
  }
}

function apiServerArgs(directory: string, files: Files, port: number): string[] {
  return [
    `--etcd-servers=unix://${socketOf(directory, 'client')}`,
    '--bind-address=127.0.0.1',
    // Not left to look for the host's default interface.
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.certificates}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${files.signingKey}`,
    `--service-account-key-file=${files.verifyingKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    // A Pod could not be created until a controller has made the service account `default` of its namespace.
    '--disable-admission-plugins=ServiceAccount',
    // A loopback address is not valid in the Endpoints of the service `kubernetes`: the log would be full of it.
    '--endpoint-reconciler-type=none'
  ]
}

async function startControllerManager(run: Run, files: Files, program: string, url: string): Promise<void> {
  const component = run.launch('kube-controller-manager', program, [
    `--kubeconfig=${files.kubeconfig}`,
    '--leader-elect=false',
    // It need not serve anything, so it takes no port.
    '--secure-port=0',
    `--controllers=${controllers.join(',')}`,
    `--service-account-private-key-file=${files.signingKey}`,
    `--root-ca-file=${files.servingCertificate}`,
    '--kube-api-qps=200',
    '--kube-api-burst=400'
  ])
  // The first thing its controllers leave behind in an empty cluster; there is no port to ask.
  const trace = '/api/v1/namespaces/default/serviceaccounts/default'
  await ready(component, run.timeoutMs, async () => (await getAs(files, url, trace)) !== undefined)
}

/** Waits until a component is ready; adds what it logged to the error when it does not get there. */
async function ready(component: Component, timeoutMs: number, probe: () => Promise<boolean>): Promise<void> {
  const stillHopeful = () => assertRunning(component)
  try {
    await until(`${component.name} to be ready`, probe, { timeoutMs, stillHopeful })
  } catch (error) {
    assertRunning(component)
    throw new Error(`${(error as Error).message}\n${tailOf(component)}`, { cause: error })
  }
}

/** A GET as the administrator, verified against the certificate that kube-apiserver has made by then. */
function getAs({ servingCertificate, token }: Files, url: string, path: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  const ca = readFileSync(servingCertificate)
  return get({ hostname, port, path, ca, headers: { authorization: `Bearer ${token}` } })
}

/**
 * The body of a 200 answer. By hand, because `fetch` speaks neither to a Unix socket nor with a CA of ours.
 *
 * @throws {Error} with the answer's first line, for any other status, or when no answer comes within two seconds
 */
async function get(options: RequestOptions): Promise<string> {
  const make = options.ca === undefined ? httpRequest : httpsRequest
  // A connection of its own: a kept one could not be told from a leak when a component stops.
  const request = make({ ...options, agent: false, signal: AbortSignal.timeout(2_000) })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject).end()
  })
  const body = await text(response)
  if (response.statusCode !== 200) throw new Error(`${options.path} answered ${response.statusCode}: ${body.trim()}`)
  return body
}

/** Last started, first ended: each still has what it depends on while it ends. One that resists does not save others. */
async function endAll(running: readonly Component[]): Promise<void> {
  const failures: unknown[] = []
  for (const component of running.toReversed()) {
    await endComponent(component, stopGraceMs).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} components could not be ended`)
}
