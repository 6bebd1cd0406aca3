import { findAssets, startControlPlane, until } from '../test/e2e/harness/control-plane.ts'
import { type LocalServer, waitUntilInForce } from '../test/e2e/harness/webhook.ts'
import { container, pod, pushgateway } from '../test/fixtures/objects.ts'
import { closePolicyFor, podConditions, shippedFor, smallPolicyFor, webhookFor } from './admission.ts'
import { type ApiServer, apiServerIn, cpuOfProcess, openCreator, processAt } from './api-client.ts'
import { type Contestant, FLOOR, HOLDFAST, withServers } from './contestants.ts'
import { imageEnvironment } from './image-environment.ts'
import { openLoad } from './load.ts'
import { podReview, variables } from './reviews.ts'
import { type Report, rowsOf } from './row.ts'
import { median, quantile, rotated } from './statistics.ts'

/** What a Pod may meet on its way: one namespace each, in one API server, so that they are measured in turns. */
interface Way {
  readonly name: string
  readonly namespace: string
  readonly objects: readonly object[]
  /** The process that is called, where there is one. */
  readonly server?: Contestant
  /** What becomes of a Pod of Pushgateway. */
  readonly expect: 'nothing' | 'a hook' | 'a hook of 15 s'
}

type Plane = Awaited<ReturnType<typeof startControlPlane>>

const WARM_UP = 20_000
/** How many are in flight, and by how much more are sent then. */
const IN_FLIGHT = new Map([
  [1, 1],
  [8, 2]
])

/** How much is measured. */
export interface Extent {
  readonly rounds: number
  /** Dry runs in a round with one in flight; with eight it is twice as many. */
  readonly requests: number
}

/** Through a real API server: nothing, CEL inside of it, a webhook that gives a constant answer, and Holdfast. */
export function measureCluster(extent: Extent, report: Report): Promise<void> {
  return withServers(async (start) => {
    const environment = imageEnvironment()
    const [floor, holdfast] = [await start(FLOOR, environment), await start(HOLDFAST, environment)]
    for (const server of [floor, holdfast]) await warmUp(server)
    return withControlPlane(async (plane) => {
      const conditions = await podConditions(plane.kubectl)
      const ways: Way[] = [
        { name: 'nothing', namespace: 'bench-nothing', objects: [], expect: 'nothing' },
        {
          name: 'MutatingAdmissionPolicy, small',
          namespace: 'bench-small-policy',
          objects: smallPolicyFor('bench-small-policy'),
          expect: 'a hook of 15 s'
        },
        {
          name: 'MutatingAdmissionPolicy, close',
          namespace: 'bench-close-policy',
          objects: closePolicyFor('bench-close-policy'),
          expect: 'a hook of 15 s'
        },
        {
          name: FLOOR,
          namespace: 'bench-bare',
          objects: [webhookFor('bench-bare', localServer(floor))],
          server: floor,
          expect: 'a hook'
        },
        {
          name: `${FLOOR}, conditions of holdfast`,
          namespace: 'bench-conditions',
          objects: [webhookFor('bench-conditions', localServer(floor), conditions)],
          server: floor,
          expect: 'a hook'
        },
        {
          name: HOLDFAST,
          namespace: 'bench-holdfast',
          objects: await shippedFor(plane.kubectl, localServer(holdfast), 'bench-holdfast'),
          server: holdfast,
          expect: 'a hook of 15 s'
        }
      ]
      await measureWays('cluster', plane, ways, extent, report)
    })
  })
}

/**
 * What matchConditions alone cost the API server. A last condition is false, so that nobody is called; the API server
 * evaluates all conditions nevertheless.
 */
export function measureConditions(extent: Extent, report: Report): Promise<void> {
  return withControlPlane(async (plane) => {
    const conditions = await podConditions(plane.kubectl)
    const never = { name: 'never', expression: 'false' }
    const nobody = { port: 1, caBundle: '' }
    const sets: [name: string, conditions: readonly object[]][] = [
      ['the condition false', []],
      ...conditions.map((one): [string, readonly object[]] => [`false, ${one.name}`, [one]]),
      ['false, all', conditions]
    ]
    const nothing: Way = { name: 'nothing', namespace: 'bench-nothing', objects: [], expect: 'nothing' }
    const ways = sets.map(([name, set], index): Way => {
      const namespace = `bench-conditions-${index}`
      return { name, namespace, objects: [webhookFor(namespace, nobody, [...set, never])], expect: 'nothing' }
    })
    await measureWays('conditions', plane, [nothing, ...ways], extent, report)
  })
}

async function withControlPlane(use: (plane: Plane) => Promise<void>): Promise<void> {
  const { assets, reason } = findAssets(process.env)
  if (assets === undefined) throw new Error(reason)
  const plane = await startControlPlane(assets, { controllers: false })
  try {
    await use(plane)
  } finally {
    await plane.stop()
  }
}

const localServer = ({ port, ca }: Contestant): LocalServer => ({ port, caBundle: Buffer.from(ca).toString('base64') })

async function warmUp({ port }: Contestant): Promise<void> {
  const load = await openLoad(port, 4, JSON.stringify(podReview(4000)))
  await load.send(WARM_UP)
  load.close()
}

/** As a client sends it, of about 2.5 KB; the API server adds to it what a review has more. */
function podFor(namespace: string, main: object): object {
  const proxy = container('proxy', 'registry.example:5000/team/proxy:2.1', { env: variables(1700) })
  const { metadata, ...rest } = pod({ containers: [proxy, main], grace: 20 })
  return { ...rest, metadata: { ...(metadata as object), namespace } }
}

const PODS = {
  'matched Pod': pushgateway(),
  'unmatched Pod': container('nginx', 'docker.io/library/nginx:1.29')
} as const

async function measureWays(
  layer: 'cluster' | 'conditions',
  plane: Plane,
  ways: readonly Way[],
  { rounds, requests }: Extent,
  report: Report
): Promise<void> {
  const api = apiServerIn(plane.kubeconfig)
  const apiServer = processAt(plane.url)
  for (const way of ways) await prepare(plane, api, way)
  await waitUntilInForce(plane.kubectl)
  for (const [what, main] of Object.entries(PODS)) {
    for (const [inFlight, times] of IN_FLIGHT) {
      const count = times * requests
      const senders = ways.map((way) => ({
        way,
        creator: openCreator(api, way.namespace, podFor(way.namespace, main), inFlight)
      }))
      const measured = { cpu: timesOf(ways), p50: timesOf(ways), p95: timesOf(ways) }
      for (const { creator } of senders) await creator.send(2 * requests)
      for (let round = 0; round < rounds; round++) {
        for (const { way, creator } of rotated(senders, round)) {
          const before = await cpuOf(apiServer, way)
          const took = await creator.send(count)
          const after = await cpuOf(apiServer, way)
          measured.cpu.get(way.name)?.push((after - before) / count)
          measured.p50.get(way.name)?.push(median(took))
          measured.p95.get(way.name)?.push(quantile(took, 0.95))
        }
      }
      for (const { creator } of senders) creator.close()
      const name = `${what}, ${inFlight} in flight`
      report(rowsOf({ layer, name: `${name}, CPU`, unit: 'µs' }, measured.cpu))
      report(rowsOf({ layer, name: `${name}, p50`, unit: 'ms' }, measured.p50))
      report(rowsOf({ layer, name: `${name}, p95`, unit: 'ms' }, measured.p95))
    }
  }
}

const timesOf = (ways: readonly Way[]): Map<string, number[]> => new Map(ways.map(({ name }) => [name, []]))

/** Microseconds of the API server and of what it calls. */
async function cpuOf(apiServer: number, { server }: Way): Promise<number> {
  return cpuOfProcess(apiServer) + ((await server?.usage())?.cpu ?? 0)
}

interface Created {
  readonly spec: {
    readonly terminationGracePeriodSeconds: number
    readonly containers: readonly {
      readonly lifecycle?: { readonly preStop?: { readonly sleep?: { seconds: number } } }
    }[]
  }
}

/** Creates what stands in the way, and waits until a Pod shows that it does what it should. */
async function prepare({ kubectl }: Plane, api: ApiServer, { namespace, objects, expect }: Way): Promise<void> {
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...objects]
  await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  const creator = openCreator(api, namespace, podFor(namespace, PODS['matched Pod']), 1)
  try {
    await until(`a Pod in ${namespace} with ${expect}`, async () => {
      const { spec } = await creator.once<Created>()
      const hooks = spec.containers.flatMap(({ lifecycle }) => lifecycle ?? [])
      if (expect === 'nothing') return hooks.length === 0
      if (expect === 'a hook') return hooks.length === 1
      return hooks[0]?.preStop?.sleep?.seconds === 15 && spec.terminationGracePeriodSeconds === 30
    })
  } finally {
    creator.close()
  }
}
