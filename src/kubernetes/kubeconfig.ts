import { Agent as HttpAgent } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import { isAbsolute } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { oneLine, quote } from '../core/values/text.ts'
import { HoldfastError } from '../errors.ts'
import { ApiError, LONGEST_MESSAGE } from './api-error.ts'
import { type PluginWatch, watchPlugins } from './credential-plugin.ts'

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
  /** Whether this runs in a Pod of the cluster, where the names of Services lead somewhere. */
  readonly isInCluster?: boolean
  /** The namespace that the context names. */
  readonly namespace: string | undefined
  /**
   * Certificates, credentials and proxy for the next request: tokens expire while a scan goes on. Rejects with an ApiError
   * in words of ours.
   */
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
/** Of a context. Those of EKS are ARNs. */
const LONGEST_NAME = 200

/**
 * @param plugins for tests that do not want to wait
 * @throws HoldfastError CLUSTER_UNREACHABLE where nothing says how to reach the API server
 */
export async function connect(
  { kubeconfig, context: wanted }: KubeconfigFlags,
  plugins: PluginWatch = watchPlugins()
): Promise<Connection> {
  const { KubeConfig } = await import('./client-node.ts')
  const config = new KubeConfig()
  watch(config, plugins)
  load(config, kubeconfig)
  if (wanted !== undefined) config.setCurrentContext(wanted)
  const { name, namespace } = contextOf(config)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw unreachable(`The context ${quote(name)} names a cluster that is not there`)
  const server = urlOf(cluster.server)
  // One that is kept, where no proxy has an agent of its own: a scan is many requests, one after the other.
  const agent = server.protocol === 'http:' ? new HttpAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  return {
    server,
    cluster:
      name === IN_CLUSTER
        ? 'the cluster that it runs in'
        : `the cluster behind the context ${oneLine(name, LONGEST_NAME)}`,
    isInCluster: name === IN_CLUSTER,
    namespace,
    close: () => agent.destroy(),
    async options() {
      const options: RequestOptions = {}
      plugins.begin()
      try {
        await config.applyToHTTPSOptions(options)
      } catch (error) {
        throw plugins.failure(error) ?? new ApiError('Connection', credentialsReason(error, config))
      }
      return cluster.proxyUrl ? options : { ...options, agent }
    }
  }
}

function load(config: KubeConfig, file: string | undefined): void {
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (error) {
    throw unreachable(`Cannot use ${file ?? 'the kubeconfig'}: ${loadingReason(error, file)}`)
  }
  if (config.getCurrentContext() === NOTHING_FOUND) {
    throw unreachable('There is no kubeconfig, and no service account as in a Pod')
  }
}

/** Which entries lack something, and that is all that these sentences of client-node say. */
const LACK = /^(?:clusters|users|contexts)\[\d+\](?:\.\w+)+ is missing$/

/** In words of ours: those of YAML quote the file, and what they quote may be a token. */
function loadingReason(error: unknown, file: string | undefined): string {
  const { name, message, mark, code, path, syscall } = Object(error) as LoadingError
  if (name === 'YAMLException') {
    return mark === undefined
      ? 'it is not one document of YAML'
      : `it is no YAML (line ${mark.line + 1}, column ${mark.column + 1})`
  }
  if (syscall !== undefined) {
    // No token begins like an absolute path, and one that stands where a file belongs does happen.
    const where = path === undefined || path === file || !isAbsolute(path) ? '' : `${quote(path)}: `
    return `${where}${code}`
  }
  return LACK.test(message) ? message : 'it is no kubeconfig'
}

interface LoadingError extends NodeJS.ErrnoException {
  readonly mark?: { readonly line: number; readonly column: number }
}

/** In words of ours again. A field is named rather than its file: it may hold what belongs into the field beside it. */
function credentialsReason(error: unknown, config: KubeConfig): string {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()]
  const { code, path } = Object(error) as NodeJS.ErrnoException
  const files = {
    'certificate-authority': cluster?.caFile,
    'client-certificate': user?.certFile,
    'client-key': user?.keyFile
  }
  const [field] = Object.entries(files).find(([, file]) => file !== undefined && file === path) ?? []
  if (field !== undefined) return `the file that the kubeconfig names as ${field} cannot be read: ${code}`
  if (cluster?.server.startsWith('http:') && !cluster.skipTLSVerify && !cluster.proxyUrl) {
    return 'plain HTTP takes insecure-skip-tls-verify: true in the kubeconfig'
  }
  const why = code === undefined ? '' : ` (${quote(code)})`
  return `the credentials or the proxy of the kubeconfig cannot be used${why}`
}

/** Neither exported nor an option: what runs credential plugins has a field for tests. */
function watch(config: KubeConfig, { spawn }: PluginWatch): void {
  const { authenticators } = config as unknown as { readonly authenticators: readonly object[] }
  for (const authenticator of authenticators) {
    if ('execFn' in authenticator) authenticator.execFn = spawn
  }
}

function contextOf(config: KubeConfig): { readonly name: string; readonly namespace: string | undefined } {
  const name = config.getCurrentContext()
  const context = name ? config.getContextObject(name) : null
  // YAML makes a number of 123.
  if (context !== null) return { name: String(name), namespace: String(context.namespace ?? '').trim() || undefined }
  const names = config.getContexts().map((other) => other.name)
  const others = names.length === 0 ? 'it has none' : `it has ${oneLine(names.join(', '), LONGEST_MESSAGE)}`
  if (name) throw unreachable(`The kubeconfig has no context ${quote(name)}: ${others}`)
  throw unreachable(`The kubeconfig names no current context: ${others}`)
}

function urlOf(server: string): URL {
  const url = URL.parse(server)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  // Some write a password into it.
  throw unreachable(`The kubeconfig has no URL of an API server: ${quote(server.replace(/\/\/.*@/s, '//'))}`)
}

/** Without a cause, which would carry on what the sentence leaves out. */
function unreachable(what: string): HoldfastError {
  return new HoldfastError('CLUSTER_UNREACHABLE', what)
}
