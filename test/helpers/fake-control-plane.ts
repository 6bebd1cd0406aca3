import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { digestOf } from '../../src/core/values/canonical.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../../src/core/values/json.ts'
import { withDefaults } from '../../src/inventory/defaults.ts'
import type { Connection } from '../../src/kubernetes/kubeconfig.ts'
import { connectionTo } from './fake-cluster.ts'

/**
 * As much of a control plane as replacing a StatefulSet takes: an API server that keeps uids, resourceVersions,
 * preconditions and dry runs, and behind it a StatefulSet controller, a garbage collector and a driver of volumes, each of
 * which takes a turn before every request. test/e2e/recreate.e2e.ts does the same with a real one.
 */

// biome-ignore lint/suspicious/noExplicitAny: objects of a test, which it changes as it likes
type Stored = any

/** What is answered in the place of an answer: a status, or a connection that ends before or after the work is done. */
export type Fault = 400 | 403 | 409 | 422 | 429 | 500 | 'closed' | 'lost'

/**
 * It changes; its file system waits for its Pod; it cannot, and that is said; nothing happens; or the API server does not
 * know that it could.
 */
export type Volumes = 'change' | 'wait-for-pod' | 'cannot' | 'hang' | 'unknown'

export interface FakeControlPlane {
  readonly connection: Connection
  /** By the name of their collection, and their own. */
  readonly stored: Readonly<Record<string, Map<string, Stored>>>
  /** `DELETE statefulsets/pgw`, with `dry` behind what changes nothing. */
  readonly asked: string[]
  /** Answered in the place of a request: its number, from 1, and what `asked` has of it. */
  fault: (count: number, asked: string) => Fault | undefined
  /** Verbs and collections that nobody may use: `delete statefulsets`. */
  readonly denied: Set<string>
  /** Whether the controllers take their turns. */
  isAlive: boolean
  /** What becomes of a volume that is to be larger, or to have other attributes. */
  volumes: Volumes
  put(resource: string, object: JsonObject): Stored
  /** Lets the controllers finish what they have begun. */
  settle(): void
}

const KINDS: Readonly<Record<string, string>> = {
  statefulsets: 'StatefulSet',
  pods: 'Pod',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  storageclasses: 'StorageClass'
}

export async function fakeControlPlane(t: Test): Promise<FakeControlPlane> {
  const stored = Object.fromEntries(Object.keys(KINDS).map((resource) => [resource, new Map<string, Stored>()]))
  const store = new Store(stored)
  const asked: string[] = []
  const plane: FakeControlPlane = {
    connection: undefined as unknown as Connection,
    stored,
    asked,
    fault: () => undefined,
    denied: new Set(),
    isAlive: true,
    volumes: 'change',
    put: (resource, object) => store.add(resource, structuredClone(object)),
    settle: () => {
      for (let turn = 0; turn < 20; turn++) store.turn(plane.volumes)
    }
  }
  const server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://localhost')
    const [, resource = '', name] =
      /\/([a-z]+)(?:\/([^/]+))?$/.exec(pathname.replace(/^.*\/namespaces\/[^/]+/, '')) ?? []
    const body = objectOf(JSON.parse((await text(request)) || '{}'))
    const method = request.method ?? ''
    const line = `${method} ${resource}${name === undefined ? '' : `/${name}`}${query.has('dryRun') ? ' dry' : ''}`
    const fault = plane.fault(asked.push(line), line)
    if (fault === 'closed') return void request.socket.destroy()
    if (typeof fault === 'number') return send(response, fault, refusal(fault, 'this call was to fail'))
    if (plane.isAlive) store.turn(plane.volumes)
    if (plane.volumes === 'unknown') Reflect.deleteProperty(objectOf(body.spec), 'volumeAttributesClassName')
    const { code, said } = store.handle({ method, path: pathname, resource, name, query, body, denied: plane.denied })
    if (fault === 'lost') return void request.socket.destroy()
    send(response, code, said)
  }
  return Object.assign(plane, { connection: await connectionTo(t, server) })
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function refusal(code: number, message: string): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly resource: string
  readonly name: string | undefined
  readonly query: URLSearchParams
  readonly body: Stored
  readonly denied: ReadonlySet<string>
}

interface Answered {
  readonly code: number
  readonly said: unknown
}

class Refused extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

class Store {
  readonly #stored: Readonly<Record<string, Map<string, Stored>>>
  #next = 1

  constructor(stored: Readonly<Record<string, Map<string, Stored>>>) {
    this.#stored = stored
  }

  handle(asked: Asked): Answered {
    try {
      return { code: asked.method === 'POST' ? 201 : 200, said: this.#answer(asked) }
    } catch (error) {
      if (error instanceof Refused) return { code: error.code, said: refusal(error.code, error.message) }
      throw error
    }
  }

  #answer({ method, path, resource, name, query, body, denied }: Asked): unknown {
    if (path === '/version') return { gitVersion: 'v1.36.3' }
    if (resource === 'selfsubjectaccessreviews') {
      const { verb, resource: about } = body.spec.resourceAttributes
      return { ...body, status: { allowed: !denied.has(`${verb} ${about}`) } }
    }
    const all = this.#stored[resource]
    if (all === undefined) throw new Refused(404, 'the server could not find the requested resource')
    if (method === 'GET' && name === undefined) {
      return { kind: `${KINDS[resource]}List`, metadata: {}, items: [...all.values()] }
    }
    if (method === 'POST') return this.#create(resource, body, query)
    const object = all.get(name ?? '')
    if (object === undefined) throw new Refused(404, `${resource} "${name}" not found`)
    if (method === 'GET') return object
    refuseOutdated(object, method === 'DELETE' ? objectOf(body.preconditions) : objectOf(body.metadata))
    if (method === 'DELETE') return this.#remove(resource, object, body)
    if (method === 'PUT') return this.#replace(object, body, query)
    return query.has('fieldManager') ? this.#apply(object, query) : this.#merge(resource, object, body)
  }

  #create(resource: string, body: Stored, query: URLSearchParams): Stored {
    if (this.#stored[resource]?.has(body.metadata.name)) throw new Refused(409, 'it already exists')
    if (query.has('dryRun')) return body
    const entry = {
      manager: query.get('fieldManager'),
      operation: 'Update',
      fieldsV1: { 'f:spec': { 'f:template': {} } }
    }
    return this.add(resource, { ...body, metadata: { ...body.metadata, managedFields: [entry] } })
  }

  add(resource: string, body: Stored): Stored {
    const object = withDefaults({ apiVersion: '', kind: KINDS[resource], ...body }) as Stored
    const number = this.#next++
    object.metadata = { ...object.metadata, uid: `uid-${number}`, resourceVersion: `${number}`, generation: 1 }
    object.status = { ...objectOf(object.status) }
    this.#stored[resource]?.set(object.metadata.name, object)
    return object
  }

  #replace(object: Stored, body: Stored, query: URLSearchParams): Stored {
    if (!query.has('dryRun')) throw new Error('nothing is replaced but in a dry run')
    const immutable = ({ spec }: Stored): string => {
      const { serviceName, podManagementPolicy, selector, volumeClaimTemplates } = spec
      return digestOf([serviceName, podManagementPolicy, selector, volumeClaimTemplates])
    }
    if (immutable(withDefaults(body)) !== immutable(object))
      throw new Refused(422, 'updates to statefulset spec are forbidden')
    return object
  }

  #merge(resource: string, object: Stored, body: Stored): Stored {
    const { uid: _, resourceVersion: __, ...metadata } = objectOf(body.metadata)
    const isResize = resource === 'persistentvolumeclaims' && body.spec !== undefined
    if (isResize && object.status.phase !== 'Bound') throw new Refused(403, 'only bound PVCs can be resized')
    const before = JSON.stringify(object.spec)
    mergeInto(object, { ...body, metadata })
    if (JSON.stringify(object.spec) !== before) object.metadata.generation++
    return this.#touch(object)
  }

  #apply(object: Stored, query: URLSearchParams): Stored {
    const entry = {
      manager: query.get('fieldManager'),
      operation: 'Apply',
      fieldsV1: { 'f:spec': { 'f:template': {} } }
    }
    const others = object.metadata.managedFields.filter(({ operation }: JsonObject) => operation !== 'Apply')
    object.metadata.managedFields = [...others, entry]
    return this.#touch(object)
  }

  #touch(object: Stored): Stored {
    object.metadata.resourceVersion = `${this.#next++}`
    return object
  }

  #remove(resource: string, object: Stored, { propagationPolicy }: Stored): Stored {
    if (propagationPolicy === 'Orphan') {
      object.metadata.deletionTimestamp ??= '2026-01-01T00:00:00Z'
      object.metadata.finalizers = ['orphan']
      return this.#touch(object)
    }
    this.#stored[resource]?.delete(object.metadata.name)
    return {}
  }

  /** One turn of each controller. */
  turn(volumes: Volumes): void {
    this.#collectGarbage()
    for (const set of this.#all('statefulsets')) this.#control(set)
    for (const claim of this.#all('persistentvolumeclaims')) this.#provide(claim, volumes)
  }

  #provide(claim: Stored, volumes: Volumes): void {
    const { status, spec } = claim
    const { storage } = spec.resources.requests
    const wanted = spec.volumeAttributesClassName
    if (status.phase !== 'Bound') return
    if (status.capacity.storage === storage && status.currentVolumeAttributesClassName === wanted) return
    if (volumes === 'change') Object.assign(status, { capacity: { storage }, currentVolumeAttributesClassName: wanted })
    if (volumes === 'wait-for-pod') status.conditions = [{ type: 'FileSystemResizePending', status: 'True' }]
    if (volumes === 'cannot') {
      status.allocatedResourceStatuses = { storage: 'ControllerResizeInfeasible' }
      status.modifyVolumeStatus = { status: 'Infeasible' }
    }
    this.#touch(claim)
  }

  #all(resource: string): Stored[] {
    return [...(this.#stored[resource]?.values() ?? [])]
  }

  #collectGarbage(): void {
    const dependents = ['pods', 'persistentvolumeclaims']
    for (const set of this.#all('statefulsets')) {
      if (!listOf(set.metadata.finalizers).includes('orphan')) continue
      for (const resource of dependents) for (const one of this.#all(resource)) this.#disown(one, set)
      this.#stored.statefulsets?.delete(set.metadata.name)
    }
    const uids = new Set(this.#all('statefulsets').map(({ metadata }) => metadata.uid))
    for (const resource of dependents) {
      for (const one of this.#all(resource)) {
        const owners = listOf(one.metadata.ownerReferences).map((owner: Stored) => owner.uid)
        if (owners.length > 0 && !owners.some((uid) => uids.has(uid))) this.#stored[resource]?.delete(one.metadata.name)
      }
    }
  }

  #disown(object: Stored, set: Stored): void {
    const owners = listOf(object.metadata.ownerReferences)
    const others = owners.filter((owner: Stored) => owner.uid !== set.metadata.uid)
    if (others.length === owners.length) return
    object.metadata.ownerReferences = others
    this.#touch(object)
  }

  #own(object: Stored, set: Stored, controller: boolean): void {
    const owners = listOf(object.metadata.ownerReferences)
    if (owners.some((owner: Stored) => owner.uid === set.metadata.uid)) return
    object.metadata.ownerReferences = [...owners, { kind: 'StatefulSet', uid: set.metadata.uid, controller }]
    this.#touch(object)
  }

  #control(set: Stored): void {
    if (set.metadata.deletionTimestamp !== undefined) return
    const { name, generation } = set.metadata
    const { replicas, selector, template, serviceName, volumeClaimTemplates = [] } = set.spec
    const revision = digestOf(template).slice(0, 8)
    const isMine = (pod: Stored) =>
      listOf(pod.metadata.ownerReferences).some((owner: Stored) => owner.uid === set.metadata.uid)
    for (const pod of this.#all('pods')) {
      const isOrphan = listOf(pod.metadata.ownerReferences).length === 0
      const isChosen = Object.entries(selector.matchLabels).every(([key, value]) => pod.metadata.labels[key] === value)
      if (isOrphan && isChosen && pod.metadata.name.startsWith(`${name}-`)) this.#own(pod, set, true)
      if (isMine(pod) && Number(pod.metadata.name.split('-').at(-1)) >= replicas) {
        this.#stored.pods?.delete(pod.metadata.name)
      }
    }
    const outdated = this.#all('pods').filter((pod) => isMine(pod) && pod.metadata.labels[REVISION] !== revision)
    if (outdated.length > 0 && set.spec.updateStrategy.type === 'RollingUpdate') {
      this.#stored.pods?.delete(outdated.at(-1).metadata.name)
    }
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      for (const claim of volumeClaimTemplates) this.#claim(set, claim, `${claim.metadata.name}-${name}-${ordinal}`)
      if (this.#stored.pods?.has(`${name}-${ordinal}`)) continue
      const labels = { ...template.metadata.labels, [REVISION]: revision }
      const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
      const spec = { subdomain: serviceName, containers: [] }
      const pod = this.add('pods', { metadata: { name: `${name}-${ordinal}`, labels }, spec, status: ready })
      this.#own(pod, set, true)
    }
    const status = { observedGeneration: generation, updateRevision: revision }
    if (JSON.stringify(set.status) === JSON.stringify(status)) return
    set.status = status
    this.#touch(set)
  }

  /** Of a Pod that is not there, a claim keeps its owner: the real controller passes over it, too. */
  #claim(set: Stored, template: Stored, name: string): void {
    let claim = this.#stored.persistentvolumeclaims?.get(name)
    if (claim === undefined) {
      const { storage } = template.spec.resources.requests
      const { volumeAttributesClassName: currentVolumeAttributesClassName } = template.spec
      const status = { phase: 'Bound', capacity: { storage }, currentVolumeAttributesClassName }
      const metadata = { name, labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels } }
      claim = this.add('persistentvolumeclaims', { metadata, spec: structuredClone(template.spec), status })
    }
    if (set.spec.persistentVolumeClaimRetentionPolicy.whenDeleted === 'Delete') this.#own(claim, set, false)
    else if (!name.endsWith('-0')) this.#disown(claim, set)
  }
}

const REVISION = 'controller-revision-hash'

function refuseOutdated(object: Stored, claimed: JsonObject): void {
  for (const field of ['uid', 'resourceVersion']) {
    if (claimed[field] !== undefined && claimed[field] !== object.metadata[field])
      throw new Refused(409, `another ${field}`)
  }
}

/** RFC 7386. */
function mergeInto(target: Stored, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key]
    else if (isObject(value)) {
      if (!isObject(target[key])) target[key] = {}
      mergeInto(target[key], value)
    } else target[key] = value
  }
}
