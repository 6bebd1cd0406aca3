import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { type JsonObject, objectOf } from '../../src/core/values/json.ts'
import { type Api, createApi } from '../../src/kubernetes/client.ts'
import type { Connection } from '../../src/kubernetes/kubeconfig.ts'
import { collectionPath } from '../../src/kubernetes/list.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { temporaryDirectory } from './certificates.ts'

/**
 * What is said in the place of the usual answer. `reset` ends the connection, `cut` does so in the middle of the answer,
 * `lost` after having done what was asked for, and `hang` says nothing at all.
 */
export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'cut'
  | 'lost'
  | 'hang'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: JsonObject
}

export type Intercept = (asked: Asked, count: number) => Answer | undefined

export interface FakeCluster {
  readonly api: Api
  readonly connection: Connection
  /** A file that leads here. */
  readonly kubeconfig: string
  /** `GET /api/v1/pods?limit=500`, decoded. */
  readonly asked: string[]
  /** Milliseconds that the client has waited. */
  readonly waits: number[]
  /** By the path of the collection of all namespaces. */
  readonly stored: Map<string, unknown[]>
}

const READ_BESIDE = POLICIES.flatMap(({ reads = [] }) => reads)

const KINDS: Readonly<Record<string, string>> = {
  namespaces: 'Namespace',
  pods: 'Pod',
  statefulsets: 'StatefulSet',
  deployments: 'Deployment',
  daemonsets: 'DaemonSet',
  replicasets: 'ReplicaSet',
  prometheuses: 'Prometheus',
  prometheusagents: 'PrometheusAgent',
  alertmanagers: 'Alertmanager',
  thanosrulers: 'ThanosRuler',
  endpointslices: 'EndpointSlice',
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
  certificates: 'Certificate',
  issuers: 'Issuer',
  reports: 'Report',
  policyreports: 'PolicyReport',
  ...Object.fromEntries(READ_BESIDE.map(({ resource, kind }) => [resource, kind]))
}

/** Empty lists of all kinds that policies read besides what they match, which every cluster has. */
export const NOTHING_BESIDE: Readonly<Record<string, readonly unknown[]>> = Object.fromEntries(
  READ_BESIDE.filter(({ isCustom }) => !isCustom).map((resource) => [collectionPath(resource), []])
)

/** As much of an API server as a scan asks for: lists in pages, single objects, and what `intercept` says instead. */
export async function fakeCluster(
  t: Test,
  stored: Readonly<Record<string, readonly unknown[]>> = {},
  intercept: Intercept = () => undefined
): Promise<FakeCluster> {
  const asked: string[] = []
  const waits: number[] = []
  const collections = new Map(Object.entries(stored).map(([path, items]) => [path, [...items]]))
  const server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '', 'http://localhost')
    const method = request.method ?? ''
    const body = objectOf(JSON.parse((await text(request)) || '{}'))
    const count = asked.push(decodeURIComponent(`${method} ${request.url}`))
    const said = intercept({ method, path, query, body }, count) ?? usual({ method, path, query, body }, collections)
    if (said === 'hang') return
    if (said === 'lost') usual({ method, path, query, body }, collections)
    if (said === 'reset' || said === 'lost') return void request.socket.destroy()
    response.writeHead(said === 'cut' ? 200 : said.status, said === 'cut' ? {} : said.headers)
    if (said === 'cut') {
      response.write('{"kind":"PodList","items":[')
      return void setTimeout(() => request.socket.destroy(), 20)
    }
    response.end(typeof said.body === 'string' || Buffer.isBuffer(said.body) ? said.body : JSON.stringify(said.body))
  }
  const connection = await connectionTo(t, server)
  const api = createApi(connection, async (ms) => waits.push(ms))
  return { api, connection, kubeconfig: kubeconfigFor(connection.server.origin), asked, waits, stored: collections }
}

/** Listens until the test ends. */
export async function connectionTo(t: Test, server: Server): Promise<Connection> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    server: new URL(`http://127.0.0.1:${port}`),
    cluster: 'the cluster of this test',
    namespace: undefined,
    options: async () => ({}),
    close() {}
  }
}

export function kubeconfigFor(server: string, parts: JsonObject = {}): string {
  const file = join(temporaryDirectory(), 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'secret' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    ...parts
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

export function status(code: number, message: string, parts: JsonObject = {}): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message, ...parts } }
}

export function forbidden(what: string): Answer {
  return status(403, `${what} is forbidden: User "test" cannot do this`)
}

const PATH = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/

function usual({ method, path, query, body }: Asked, stored: Map<string, unknown[]>): Answer {
  if (path === '/version') return { status: 200, body: { gitVersion: 'v1.36.1' } }
  const [, root = '', namespace, resource = '', name] = PATH.exec(path) ?? []
  const isNamespace = resource === '' || (namespace === undefined && resource === 'namespaces')
  const items = stored.get(`${root}/${resource}`)
  if (items === undefined) return status(404, 'the server could not find the requested resource')
  const at = items.findIndex((item) => keyOf(item) === `${isNamespace ? '' : namespace}/${name}`)
  if (method === 'GET' && name === undefined) return listed(items, namespace, query, KINDS[resource] ?? '')
  if (method === 'POST') {
    const key = `${namespace}/${String(objectOf(body.metadata).name)}`
    if (items.some((item) => keyOf(item) === key)) return status(409, 'it already exists')
    items.push(versioned(body))
    return { status: 201, body }
  }
  if (at < 0) return status(404, `${resource} "${name}" not found`)
  const version = objectOf(objectOf(items[at]).metadata).resourceVersion
  const claimed = objectOf(method === 'DELETE' ? body.preconditions : body.metadata).resourceVersion
  if (method !== 'GET' && claimed !== undefined && claimed !== version) return status(409, 'it has been modified')
  if (method === 'PUT') items[at] = versioned(body)
  if (method === 'DELETE') items.splice(at, 1)
  return { status: 200, body: method === 'GET' ? items[at] : {} }
}

let version = 0

function versioned(object: JsonObject): JsonObject {
  return { ...object, metadata: { ...objectOf(object.metadata), resourceVersion: String(++version) } }
}

/** A continue token is the number of items that have been read. */
function listed(
  items: readonly unknown[],
  namespace: string | undefined,
  query: URLSearchParams,
  kind: string
): Answer {
  const name = query.get('fieldSelector')?.match(/^metadata\.name=(.*)$/)?.[1]
  const label = query.get('labelSelector')?.split('=')
  const all = items.filter((item) => {
    const metadata = objectOf(objectOf(item).metadata)
    if (namespace !== undefined && metadata.namespace !== namespace) return false
    if (name !== undefined && metadata.name !== name) return false
    return label === undefined || objectOf(metadata.labels)[label[0] ?? ''] === label[1]
  })
  const from = Number(query.get('continue') ?? 0)
  const to = from + Number(query.get('limit') ?? all.length)
  const metadata = { resourceVersion: '1', ...(to < all.length && { continue: String(to) }) }
  return { status: 200, body: { kind: `${kind}List`, apiVersion: 'v1', metadata, items: all.slice(from, to) } }
}

function keyOf(item: unknown): string {
  const { namespace = '', name } = objectOf(objectOf(item).metadata)
  return `${namespace}/${name}`
}
