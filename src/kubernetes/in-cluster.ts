import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { ApiServer } from './ask-version.ts'
import type { Connection } from './kubeconfig.ts'

/**
 * The API server as a Pod with a token reaches it, without @kubernetes/client-node: a process that runs all the time does
 * not pay 90 MB for three requests.
 *
 * The files are read for each request, because kubelet replaces the token before it expires.
 *
 * @param timeoutMs without a byte
 * @throws Error where the credentials cannot be read
 */
export async function connectInCluster(
  { host, port, credentials }: ApiServer,
  timeoutMs: number
): Promise<Connection & { readonly namespace: string }> {
  const agent = new Agent({ keepAlive: true })
  const namespace = (await readFile(join(credentials, 'namespace'), 'utf8')).trim()
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    cluster: 'the cluster that it runs in',
    namespace,
    async options() {
      const [ca, token] = await Promise.all([
        readFile(join(credentials, 'ca.crt')),
        readFile(join(credentials, 'token'), 'utf8')
      ])
      return { agent, ca, headers: { authorization: `Bearer ${token.trim()}` }, timeout: timeoutMs }
    },
    close: () => agent.destroy()
  }
}
