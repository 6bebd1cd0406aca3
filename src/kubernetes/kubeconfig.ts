import { Agent as HttpAgent } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { HoldfastError, messageOf } from '../errors.ts'

/**
 * How kubectl would reach the API server: the kubeconfig, or the Pod's service account. The only place that knows
 * @kubernetes/client-node, and it is loaded when it is asked for: it costs 90 MB, which no server has to pay. Of it we
 * take the connection and not the models, which drop fields that they do not know.
 */

export interface Connection {
  /** With its path, where the API server stands behind one. */
  readonly server: URL
  /** What it is called in a sentence: "the cluster behind the context kind". */
  readonly cluster: string
  /** The namespace that the context names. */
  readonly namespace: string | undefined
  /** Certificates, credentials and proxy for the next request: tokens expire while a scan goes on. */
  options(): Promise<RequestOptions>
  close(): void
}

export interface KubeconfigFlags {
  readonly kubeconfig?: string
  readonly context?: string
}

/** What client-node calls the context that it makes up of a Pod's service account. */
const IN_CLUSTER = 'inClusterContext'
/** What it makes up where it finds nothing at all. */
const NOTHING_FOUND = 'loaded-context'

/** @throws HoldfastError CLUSTER_UNREACHABLE where nothing says how to reach the API server */
export async function connect({ kubeconfig, context: wanted }: KubeconfigFlags): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  load(config, kubeconfig)
  if (wanted !== undefined) config.setCurrentContext(wanted)
  const { name, namespace } = contextOf(config)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw unreachable(`The context ${JSON.stringify(name)} names a cluster that is not there`)
  const server = urlOf(cluster.server)
  // One that is kept, where no proxy has an agent of its own: a scan is many requests, one after the other.
  const agent = server.protocol === 'http:' ? new HttpAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  return {
    server,
    cluster: name === IN_CLUSTER ? 'the cluster that it runs in' : `the cluster behind the context ${name}`,
    namespace,
    close: () => agent.destroy(),
    async options() {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      return cluster.proxyUrl ? options : { ...options, agent }
    }
  }
}

function load(config: KubeConfig, file: string | undefined): void {
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (error) {
    // A TypeError is how client-node meets YAML that is no map. What YAML itself says goes on with an excerpt, which may
    // be a token.
    const reason = error instanceof TypeError ? 'it is no kubeconfig' : messageOf(error).split('\n', 1)[0]
    throw unreachable(`Cannot use ${file ?? 'the kubeconfig'}: ${reason}`, error)
  }
  if (config.getCurrentContext() === NOTHING_FOUND) {
    throw unreachable('There is no kubeconfig, and no service account as in a Pod')
  }
}

function contextOf(config: KubeConfig): { readonly name: string; readonly namespace: string | undefined } {
  const name = config.getCurrentContext()
  const context = name ? config.getContextObject(name) : null
  if (context !== null) return { name, namespace: context.namespace?.trim() || undefined }
  const names = config.getContexts().map((other) => other.name)
  const others = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  if (name) throw unreachable(`The kubeconfig has no context ${JSON.stringify(name)}: ${others}`)
  throw unreachable(`The kubeconfig names no current context: ${others}`)
}

function urlOf(server: string): URL {
  const url = URL.parse(server)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw unreachable(`The kubeconfig has no URL of an API server: ${JSON.stringify(server)}`)
}

function unreachable(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CLUSTER_UNREACHABLE', what, { cause })
}
