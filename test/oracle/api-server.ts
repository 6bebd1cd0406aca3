import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { issueCertificates } from '../../src/certificates/issue.ts'
import { isObject, type JsonObject } from '../../src/core/values/json.ts'
import type { ControlPlane } from '../e2e/harness/control-plane.ts'
import { until } from '../e2e/harness/wait.ts'

/** A real API server that is asked many questions: over connections that stay open, and with a webhook that only listens. */

export interface Answer {
  readonly status: number
  readonly body: JsonObject
}

export interface Oracle {
  /** @param path under /apis/apps/v1/namespaces/oracle */
  ask(method: 'POST' | 'PUT' | 'DELETE', path: string, object?: JsonObject): Promise<Answer>
  /** The AdmissionReview that the API server sent for the object with this mark; undefined where it sent none. */
  reviewOf(mark: string): JsonObject | undefined
  close(): Promise<void>
}

/** The annotation by which a review is found again. */
export const MARK = 'oracle/mark'

const BASE = '/apis/apps/v1/namespaces/oracle'

/** Requests in flight; more make nothing faster on two cores. */
export const IN_FLIGHT = 12

/** The namespace `oracle`, and a webhook for each update of a StatefulSet in it that allows what it is told. */
export async function oracleIn(cluster: ControlPlane): Promise<Oracle> {
  const [{ cluster: entry }] = configIn(cluster).clusters
  const [{ user }] = configIn(cluster).users
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT, ca: readFileSync(entry['certificate-authority']) })
  const send = async (method: string, path: string, object?: JsonObject): Promise<Answer> => {
    const headers = { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' }
    const sent = request(new URL(path, cluster.url), { agent, method, headers })
    sent.end(object && JSON.stringify(object))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, body: JSON.parse(await text(response)) }
  }
  const listener = await listen()
  const close = async (): Promise<void> => {
    agent.destroy()
    await listener.close()
  }
  const oracle: Oracle = {
    ask: (method, path, object) => send(method, `${BASE}${path}`, object),
    reviewOf: (mark) => listener.take(mark),
    close
  }
  try {
    await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'oracle' } })
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
    const { status, body } = await send('POST', path, configurationFor(listener))
    if (status !== 201) throw new Error(`the listening webhook was not created: ${JSON.stringify(body)}`)
    await until('the listening webhook to be called', () => isCalled(oracle))
    return oracle
  } catch (error) {
    await close()
    throw error
  }
}

interface KubeConfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority': string } }]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

function configIn({ kubeconfig }: ControlPlane): KubeConfig {
  return JSON.parse(readFileSync(kubeconfig, 'utf8'))
}

async function isCalled({ ask, reviewOf }: Oracle): Promise<true | undefined> {
  const labels = { app: 'a' }
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'first', namespace: 'oracle', annotations: { [MARK]: 'first' } },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } }
    }
  }
  await ask('POST', '/statefulsets', set)
  await ask('PUT', '/statefulsets/first?dryRun=All', set)
  return reviewOf('first') === undefined ? undefined : true
}

interface Listener {
  readonly port: number
  readonly ca: string
  take(mark: string): JsonObject | undefined
  close(): Promise<void>
}

/** Keeps the reviews that it is sent until somebody takes them, and allows each. */
async function listen(): Promise<Listener> {
  const { ca, certificate, privateKey } = await issueCertificates(['127.0.0.1'], 1, new Date())
  const reviews = new Map<string, JsonObject>()
  const server = createServer({ cert: certificate, key: privateKey }, async (incoming, outgoing) => {
    const review = JSON.parse(await text(incoming))
    const mark = review.request.object?.metadata?.annotations?.[MARK]
    if (mark !== undefined) reviews.set(mark, review)
    const response = { uid: review.request.uid, allowed: true }
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    take(mark) {
      const review = reviews.get(mark)
      reviews.delete(mark)
      return review
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

function configurationFor({ port, ca }: Listener): JsonObject {
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['statefulsets'] }
  const webhook = {
    name: 'listener.oracle.test',
    clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(ca).toString('base64') },
    rules: [rule],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'oracle' } },
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1']
  }
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'oracle' },
    webhooks: [webhook]
  }
}

/** What the API server said to an update: `invalid` is refused for another reason than that something is immutable. */
export type Truth = 'accepted' | 'refused' | 'invalid'

export function truthOf({ status, body }: Answer): Truth {
  if (status === 200) return 'accepted'
  const details = isObject(body.details) ? body.details : {}
  const causes = Array.isArray(details.causes) ? details.causes : []
  const isImmutable = causes.some(({ message }) => /updates to statefulset spec for fields other than/.test(message))
  return status === 422 && isImmutable ? 'refused' : 'invalid'
}
