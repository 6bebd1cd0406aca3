import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { type KubernetesVersion, parseVersion } from '../core/cluster.ts'

/**
 * The one thing that is asked of the API server: its version. A request of our own rather than @kubernetes/client-node,
 * which would cost every replica 90 MB and most of its start-up time.
 */

/** Where a Pod finds the API server, and how it knows it. */
export interface ApiServer {
  readonly host: string
  readonly port: number
  /** A directory with `ca.crt`, and with `token` where one is mounted. Both change while the Pod runs. */
  readonly credentials: string
}

export interface VersionFollower {
  learned(version: KubernetesVersion): void
  failed(error: unknown): void
}

const CREDENTIALS = '/var/run/secrets/kubernetes.io/serviceaccount'
const TIMEOUT_MS = 5000
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
/** A control plane may be upgraded under a Pod that goes on running. */
const AGAIN_MS = 60 * 60 * 1000

/** The API server as kubelet tells every Pod about it; undefined outside of a cluster. */
export function inCluster(
  environment: NodeJS.ProcessEnv = process.env,
  credentials: string = CREDENTIALS
): ApiServer | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment
  return host === undefined || host === '' ? undefined : { host, port: Number(port), credentials }
}

/** Asks now, again at growing intervals until there is an answer, and every hour from then on. Keeps no process alive. */
export function followVersion(apiServer: ApiServer, follower: VersionFollower): void {
  let wait = FIRST_RETRY_MS
  const ask = async (): Promise<void> => {
    try {
      follower.learned(await askVersion(apiServer))
      wait = AGAIN_MS
    } catch (error) {
      follower.failed(error)
      wait = wait === AGAIN_MS ? FIRST_RETRY_MS : Math.min(wait * 2, LONGEST_RETRY_MS)
    }
    setTimeout(() => void ask(), wait).unref()
  }
  void ask()
}

/**
 * Asks without a token, because an API server tells everybody its version by default. The token, where there is one, is
 * sent to one that wants to know who asks.
 *
 * @throws Error where the API server cannot be reached, refuses, or says nothing that is a version
 */
export async function askVersion({ host, port, credentials }: ApiServer): Promise<KubernetesVersion> {
  const ca = await readFile(join(credentials, 'ca.crt'))
  const headers = { accept: 'application/json' }
  let answer = await get({ host, port, ca, headers })
  if (answer.status === 401 || answer.status === 403) {
    const authorization = `Bearer ${await tokenIn(credentials, answer.status)}`
    answer = await get({ host, port, ca, headers: { ...headers, authorization } })
  }
  if (answer.status !== 200) throw new Error(`GET /version answers ${answer.status}`)
  return versionIn(answer.text)
}

async function tokenIn(credentials: string, status: number): Promise<string> {
  try {
    return (await readFile(join(credentials, 'token'), 'utf8')).trim()
  } catch {
    throw new Error(
      `GET /version answers ${status} without a token, and none is mounted: set --kubernetes-version, or add the component api-server-token`
    )
  }
}

function versionIn(text: string): KubernetesVersion {
  const { gitVersion } = Object(JSON.parse(text)) as { gitVersion?: unknown }
  const version = parseVersion(String(gitVersion))
  if (version === undefined) throw new Error('GET /version has no gitVersion that can be read')
  return version
}

interface Target {
  readonly host: string
  readonly port: number
  readonly ca: Buffer
  readonly headers: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
}

function get(target: Target): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...target, path: '/version', agent: false, timeout: TIMEOUT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
        if (text.length > 65_536) outgoing.destroy(new Error('GET /version does not end'))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`GET /version: no answer within ${TIMEOUT_MS} ms`)))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
