// A real Prometheus scrapes two real servers under load while faults are made: each alert fires and ends, no alert is
// false, and every query of the dashboard has an answer. The API server, node_exporter and the cert-controller are
// stand-ins: they serve what the test says that they counted. Needs no control plane.

import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { OPERATOR_RESOURCES } from '../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { collectionPath } from '../../src/kubernetes/list.ts'
import { claimTemplate, pod, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { writePair } from '../helpers/certificates.ts'
import { holdfast } from '../helpers/command.ts'
import { queriesWith } from '../helpers/dashboard.ts'
import { alert, endHandshake } from '../helpers/end-handshake.ts'
import { fakeCluster, forbidden, NOTHING_BESIDE } from '../helpers/fake-cluster.ts'
import { freePort } from '../helpers/free-port.ts'
import { post } from '../helpers/post.ts'
import { alertRules, prometheusRule, withoutProgram } from '../helpers/prometheus.ts'
import { type Component, endComponent, startComponent, startGuard, tailOf } from './harness/component.ts'
import { hurried, type LivePrometheus, startPrometheus } from './harness/live-prometheus.ts'
import { until } from './harness/wait.ts'

/** Longest is the start of a fault until its alert fires: ten seconds until files are read again, and a minute of `for`. */
const PATIENCE = { timeoutMs: 120_000, intervalMs: 500 }
const DAY = 24 * 3600
/** The alert of TLS that kube-apiserver ends a handshake with, if it does not trust the certificate. */
const BAD_CERTIFICATE = 42

t.setTimeout(600_000)

const skip = withoutProgram('prometheus') || withoutProgram('promtool')

t.test('alerts and dashboard, live', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-monitoring-'))
  const guard = startGuard(directory)
  t.teardown(() => guard.release())
  const standIn = await startStandIn(t)
  const replicas = [await replica(directory, 'holdfast-0'), await replica(directory, 'holdfast-1')] as const
  for (const each of replicas) await each.start(guard.watch)
  const prometheus = await startPrometheus(directory, {
    rules: hurried(prometheusRule.spec),
    past: reviewsOfThePast(),
    targets: [
      ...replicas.map(({ name, address }) => ({
        job: 'holdfast-system/holdfast',
        address,
        path: '/metrics',
        labels: { namespace: 'holdfast-system', pod: name }
      })),
      { job: 'apiserver', address: standIn.address, path: '/apiserver' },
      { job: 'node-exporter', address: standIn.address, path: '/scan' },
      {
        job: 'holdfast-system/holdfast',
        address: standIn.address,
        path: '/rotation',
        labels: { namespace: 'holdfast-system', pod: 'holdfast-cert-controller-0' }
      }
    ]
  })
  guard.watch(prometheus.component)
  const seen = new Set<string>()
  const fires = (name: string): Promise<unknown> =>
    until(`${name} to fire`, async () => (await look(prometheus, seen)).includes(name), PATIENCE)
  const ends = (name: string): Promise<unknown> =>
    until(`${name} to end`, async () => !(await look(prometheus, seen)).includes(name), PATIENCE)

  await t.test('nothing is wrong, and no review comes', async (t) => {
    standIn.scan = await scanOf(t, 'healthy')
    await sleep(12_000)
    t.strictSame(await look(prometheus, seen), [], 'no alert')
  })

  await t.test('faults that need no review', async (t) => {
    const [one, other] = replicas
    await one.certify(0.4)
    other.configure('mode: strict')
    standIn.failedOpen = 4
    standIn.isLeading = false
    standIn.scan = (await scanOf(t, 'unhealthy')).replace(
      /(last_run_timestamp_seconds\{[^}]*\}) (\d+)/,
      (_, series, seconds) => `${series} ${Number(seconds) - 3 * DAY}`
    )
    for (let count = 0; count < 4; count++) {
      for (const { port, ca } of replicas) {
        await post({ port, ca, path: '/mutate', agent: false }, '{"kind":"Nonsense"}')
        await endHandshake(port, alert(BAD_CERTIFICATE))
      }
    }
    // It never says anything, and the server closes it after 15 s.
    connect(one.port, '127.0.0.1')
      .unref()
      .on('error', () => {})
    const expected = [
      'HoldfastCertificateExpiring critical',
      'HoldfastCertificateExpiring warning',
      'HoldfastCertificateRejected warning',
      'HoldfastFailingOpen warning',
      'HoldfastNoReviews warning',
      'HoldfastReloadFailing warning',
      'HoldfastReviewsFailing warning',
      'HoldfastRotationFailing warning',
      'HoldfastScanIncomplete warning',
      'HoldfastScanTooOld warning',
      'HoldfastUpgradeWillFail warning'
    ]
    await Promise.all(expected.map(async (name) => t.resolves(fires(name), name)))
    await one.certify(30)
    other.configure('mode: enforce')
    standIn.scan = await scanOf(t, 'healthy')
    standIn.isLeading = true
  })

  const load = startLoad(replicas)
  await t.test('slow reviews and crashes, under load, while all other alerts end', async (t) => {
    load.fault = 'slow'
    await t.resolves(fires('HoldfastSlowReviews warning'))
    load.fault = 'crash'
    await t.resolves(fires('HoldfastPolicyCrashed warning'))
    // A crash is a review that fails, too, so that this alert ends with the crashes.
    for (const name of seen) {
      if (!/PolicyCrashed|ReviewsFailing|SlowReviews/.test(name)) await t.resolves(ends(name), `${name} ends`)
    }
    standIn.scan = await scanOf(t, 'unhealthy')
    standIn.failedOpen += 1
    await post({ ...replicas[0], path: '/nowhere', agent: false }, '{}')
    await sleep(5000)
    await everyQuery(t, prometheus)
    load.fault = undefined
    standIn.scan = await scanOf(t, 'healthy')
  })

  await t.test('one replica restarts under load, and then both are gone', async (t) => {
    const [one, other] = replicas
    await one.stop()
    await sleep(8000)
    t.notOk((await look(prometheus, seen)).includes('HoldfastDown critical'), 'one of two is no alert')
    await other.stop()
    await t.resolves(fires('HoldfastDown critical'))
    for (const each of replicas) await each.start(guard.watch)
    await t.resolves(ends('HoldfastDown critical'))
    await until('all alerts to end', async () => (await look(prometheus, seen)).length === 0, PATIENCE)
  })
  await load.stop()
  for (const each of replicas) t.equal(await each.stop(), 'exited with code 0', `${each.name} ended well`)
  await endComponent(prometheus.component, 10_000)

  const rules = alertRules.map(({ alert, labels }) => `${alert} ${labels.severity}`)
  t.strictSame([...seen].sort(), [...new Set(rules)].sort(), 'each alert fired, and each ended')
})

async function look(prometheus: LivePrometheus, seen: Set<string>): Promise<readonly string[]> {
  const firing = await prometheus.firing()
  for (const name of firing) seen.add(name)
  return firing
}

/** Asks each query of the dashboard. Where HOLDFAST_E2E_ARTIFACTS names a directory, the answers are kept there. */
async function everyQuery(t: Test, prometheus: LivePrometheus): Promise<void> {
  const answers = []
  for (const { panel, title, expr, legend } of queriesWith('5s')) {
    const series = await prometheus.range(expr, 150)
    const numbers = series.flatMap(({ values }) => values).filter(([, value]) => Number.isFinite(Number(value)))
    t.ok(numbers.length > 0, `${title}: ${expr}`)
    answers.push({ panel, title, expr, legend, series })
  }
  const directory = process.env.HOLDFAST_E2E_ARTIFACTS
  if (directory !== undefined) writeFileSync(join(directory, 'dashboard.json'), JSON.stringify(answers))
}

/** Reviews between nine days and three days ago, in OpenMetrics. */
function reviewsOfThePast(): string {
  const now = Math.floor(Date.now() / 1000)
  const series = 'holdfast_reviews_total{namespace="holdfast-system",kind="Pod",operation="CREATE",outcome="allowed"}'
  const lines = []
  for (let time = now - 9 * DAY; time < now - 3 * DAY - 3600; time += 300)
    lines.push(`${series} ${lines.length} ${time}`)
  return `# TYPE holdfast_reviews counter\n${lines.join('\n')}\n# EOF\n`
}

interface Replica {
  readonly name: string
  readonly port: number
  /** Of the health port. */
  readonly address: string
  /** All CAs so far. */
  readonly ca: string
  /** Writes another certificate of this many days. */
  certify(days: number): Promise<void>
  configure(text: string): void
  start(watch: (component: Component) => void): Promise<void>
  /** In words how it ended. */
  stop(): Promise<string>
}

const PROGRAM = fileURLToPath(new URL('harness/faulty-serve.ts', import.meta.url))

async function replica(parent: string, name: string): Promise<Replica> {
  const directory = join(parent, name)
  mkdirSync(directory)
  const [port, healthPort] = [await freePort(), await freePort()]
  const config = join(directory, 'config.yaml')
  let component: Component | undefined
  const self = {
    name,
    port,
    address: `127.0.0.1:${healthPort}`,
    ca: '',
    async certify(days: number) {
      const issued = await issueCertificates(['127.0.0.1'], days, new Date())
      writePair(directory, issued)
      // The one before serves on for some seconds.
      self.ca += issued.ca
    },
    configure: (text: string) => writeFileSync(config, text),
    async start(watch: (component: Component) => void) {
      const started = startComponent(
        name,
        process.execPath,
        [
          PROGRAM,
          '--bind-address=127.0.0.1',
          `--port=${port}`,
          `--health-port=${healthPort}`,
          `--config=${config}`,
          `--tls-cert-file=${join(directory, 'tls.crt')}`,
          `--tls-private-key-file=${join(directory, 'tls.key')}`,
          '--kubernetes-version=1.36',
          '--drain-delay=0ms'
        ],
        directory
      )
      component = started
      watch(started)
      const ready = async (): Promise<boolean> => (await fetch(`http://${self.address}/readyz`)).ok
      await until(`${name} to be ready`, ready, {
        stillHopeful() {
          if (started.outcome() !== undefined) throw new Error(tailOf(started))
        }
      })
    },
    async stop() {
      if (component === undefined) return 'never ran'
      await endComponent(component, 10_000)
      return component.outcome() ?? 'still runs'
    }
  }
  await self.certify(30)
  self.configure('mode: enforce')
  return self
}

interface Load {
  /** What the annotation of some Pods asks the server for. */
  fault: string | undefined
  stop(): Promise<void>
}

/** About thirty reviews a second: Pods that are repaired and that are not, an upgrade that is denied, one that is exempt. */
function startLoad(replicas: readonly Replica[]): Load {
  const before = statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] })
  const after = statefulSet({ templates: [claimTemplate({ labels: { v: '2' } })] })
  const exempt = statefulSet({
    templates: [claimTemplate({ labels: { v: '2' } })],
    annotations: { 'holdfast.dev/skip': 'claim-template-labels' }
  })
  const load = { fault: undefined as string | undefined, stop: async () => {} }
  let isOver = false
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const run = async (): Promise<void> => {
    while (!isOver) {
      const { fault } = load
      const bodies: readonly JsonObject[] = [
        podCreation(pod()),
        podCreation(pod({ name: 'web-0', containers: [{ name: 'web', image: 'nginx' }] })),
        statefulSetUpdate(before, after),
        statefulSetUpdate(before, exempt),
        ...(fault === undefined ? [] : [podCreation(pod({ annotations: { 'test.holdfast.dev/fault': fault } }))])
      ]
      for (const { port, ca } of replicas) {
        // Those of a server that is being stopped or started fail, and so they would for an API server.
        const sent = bodies.map((body) => post({ port, ca, path: '/mutate', agent }, JSON.stringify(body)))
        await Promise.allSettled(sent)
      }
      await sleep(250)
    }
    agent.destroy()
  }
  const running = run()
  load.stop = async () => {
    isOver = true
    await running
  }
  return load
}

interface StandIn {
  readonly address: string
  /** Calls that the API server gave up on; it shows the counter from the first on. */
  failedOpen: number
  /** Whether the cert-controller has its Lease. */
  isLeading: boolean
  /** The text of node_exporter's textfile collector. */
  scan: string
}

async function startStandIn(t: Test): Promise<StandIn> {
  let calls = 0
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    calls += 5
    if (request.url === '/scan') response.end(standIn.scan)
    else if (request.url === '/rotation') response.end(rotationMetrics(standIn.isLeading))
    else response.end(apiServerMetrics(standIn.failedOpen, calls))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const standIn: StandIn = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    failedOpen: 0,
    isLeading: true,
    scan: ''
  }
  return standIn
}

function rotationMetrics(isLeading: boolean): string {
  return [
    '# TYPE holdfast_rotation_leader gauge',
    `holdfast_rotation_leader ${isLeading ? 1 : 0}`,
    '# TYPE holdfast_rotation_failures_total counter',
    'holdfast_rotation_failures_total 0',
    ''
  ].join('\n')
}

/** As kube-apiserver 1.36 writes them: a counter is there from its first count on. */
function apiServerMetrics(failedOpen: number, calls: number): string {
  const labels = 'name="workloads.mutate.holdfast.dev",operation="UPDATE",rejected="false",type="admit"'
  const histogram = 'apiserver_admission_webhook_admission_duration_seconds'
  const counter = 'apiserver_admission_webhook_fail_open_count'
  return [
    `# TYPE ${histogram} histogram`,
    `${histogram}_bucket{${labels},le="0.005"} ${calls}`,
    `${histogram}_bucket{${labels},le="+Inf"} ${calls}`,
    `${histogram}_sum{${labels}} ${calls / 1000}`,
    `${histogram}_count{${labels}} ${calls}`,
    ...(failedOpen === 0
      ? []
      : [`# TYPE ${counter} counter`, `${counter}{name="workloads.mutate.holdfast.dev",type="admit"} ${failedOpen}`]),
    ''
  ].join('\n')
}

/** What `holdfast scan -o prometheus` writes about a cluster: one whose upgrades fail and that hides a kind, or one without. */
async function scanOf(t: Test, state: 'healthy' | 'unhealthy'): Promise<string> {
  const isHealthy = state === 'healthy'
  const item = ({ apiVersion: _, kind: __, ...object }: JsonObject): JsonObject => object
  const volatile = claimTemplate({ labels: { 'helm.sh/chart': 'pushgateway-1.0.0' } })
  const cluster = await fakeCluster(
    t,
    {
      ...NOTHING_BESIDE,
      ...Object.fromEntries(OPERATOR_RESOURCES.map((resource) => [collectionPath(resource), []])),
      '/api/v1/namespaces': [{ metadata: { name: 'monitoring' } }],
      '/api/v1/pods': [item(pod())],
      '/apis/apps/v1/statefulsets': isHealthy ? [] : [item(statefulSet({ templates: [volatile] }))],
      ...Object.fromEntries(['deployments', 'daemonsets', 'replicasets'].map((name) => [`/apis/apps/v1/${name}`, []]))
    },
    ({ path }) => (!isHealthy && path.endsWith('/daemonsets') ? forbidden('daemonsets') : undefined)
  )
  const { stdout } = await holdfast('scan', '-A', `--kubeconfig=${cluster.kubeconfig}`, '-o', 'prometheus')
  return stdout
}
