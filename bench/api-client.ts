import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'

/** Where an API server is, and who asks. */
export interface ApiServer {
  readonly url: string
  readonly token: string
  /** PEM */
  readonly ca: string
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority': string }
  }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

/** @param path of a kubeconfig as the harness writes it, which is JSON */
export function apiServerIn(path: string): ApiServer {
  const { clusters, users } = JSON.parse(readFileSync(path, 'utf8')) as Kubeconfig
  const { cluster } = clusters[0] as Kubeconfig['clusters'][number]
  const { user } = users[0] as Kubeconfig['users'][number]
  return { url: cluster.server, token: user.token, ca: readFileSync(cluster['certificate-authority'], 'utf8') }
}

export interface Creator {
  /** Sends one dry run and returns the object that it would have created. */
  once<Created>(): Promise<Created>
  /** Sends this many dry runs, always as many at once as it was opened with. Returns how long each took, in milliseconds. */
  send(count: number): Promise<number[]>
  close(): void
}

/** Creates the same Pod again and again, as a dry run, on connections that are kept. */
export function openCreator({ url, token, ca }: ApiServer, namespace: string, pod: object, inFlight: number): Creator {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight, ca })
  const body = JSON.stringify(pod)
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body)
  }
  const create = async (): Promise<string> => {
    const sent = request(`${url}/api/v1/namespaces/${namespace}/pods?dryRun=All`, { method: 'POST', agent, headers })
    const answered = new Promise<NodeJS.ReadableStream & { statusCode?: number }>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject)
    })
    sent.end(body)
    const response = await answered
    const answer = await text(response)
    if (response.statusCode !== 201) throw new Error(`${response.statusCode}: ${answer}`)
    return answer
  }
  return {
    once: async () => JSON.parse(await create()),
    async send(count) {
      const took: number[] = []
      let left = count
      const sender = async (): Promise<void> => {
        while (left-- > 0) {
          const start = performance.now()
          await create()
          took.push(performance.now() - start)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, sender))
      return took
    },
    close: () => agent.destroy()
  }
}

/** The id of the process that serves at this address; the harness starts it, and does not tell. */
export function processAt(url: string): number {
  const flag = `--secure-port=${new URL(url).port}`
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = ids.find((id) => commandOf(id).includes(flag))
  if (found === undefined) throw new Error(`there is no process with ${flag}`)
  return Number(found)
}

function commandOf(id: string): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0')
  } catch {
    // It has ended since.
    return []
  }
}

/** Of a clock tick, which Linux fixes for programs at 100 a second: getconf CLK_TCK. */
const TICK_MICROSECONDS = 10_000

/** Microseconds of user and system time that a process has used, in steps of 10 ms. */
export function cpuOfProcess(id: number): number {
  const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
  // The name of the program may have blanks and parentheses in it. Fields 14 and 15 of proc(5); the third is at 0 here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}
