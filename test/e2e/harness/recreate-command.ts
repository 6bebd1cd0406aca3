// `holdfast recreate` as it is installed, against a cluster of the suite, and a door before the API server behind which
// the process can be ended at a change of one's choice.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Result } from '../../../src/commands/recreate/report.ts'
import type { CarriedOut } from '../../../src/upgrade/carry-out/carry-out.ts'
import type { Cluster } from './control-plane.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

export interface Recreated {
  /** null where it was ended. */
  readonly code: number | null
  readonly stderr: string
  readonly sets: readonly (Result & Partial<CarriedOut>)[]
}

export interface Recreator {
  readonly kubeconfig: string
  /** With `--yes -o json`; what it keeps lies in a directory that is the same for all runs. */
  recreate(manifests: readonly object[], args?: readonly string[], kubeconfig?: string): Promise<Recreated>
  /** A kubeconfig of somebody else in the same cluster. */
  as(token: string): string
  /** A kubeconfig that leads through the door. */
  readonly behindDoor: string
  /** Ends the process at its change of this number, after the API server has made it; 0 for never. */
  endAt(change: number): void
  /** How many requests there were since then, and how many of them were changes. */
  requests(): number
  changes(): number
  dispose(): void
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Record<string, string> }[]
  readonly users: readonly { readonly name: string; readonly user: Record<string, string> }[]
}

export async function recreatorOf({ kubectl }: Cluster): Promise<Recreator> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-recreate-'))
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  const own = JSON.parse(stdout) as Kubeconfig
  let files = 0
  const write = (config: object): string => {
    const file = join(directory, `file-${files++}`)
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return file
  }
  const kubeconfig = write(own)
  let end = { at: 0, count: 0, changes: 0, process: () => {} }
  const door = createServer((incoming, outgoing) => {
    end.count++
    const isLast = isChange(incoming) && ++end.changes === end.at
    void forward(own, incoming, outgoing, () => {
      if (isLast) end.process()
      return !isLast
    })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }

  const run = async (args: readonly string[]): Promise<Recreated> => {
    // Through a shell, because the test runner puts itself into every Node.js that it sees start.
    const command = [
      process.execPath,
      PROGRAM,
      'recreate',
      `--save-dir=${join(directory, 'saved')}`,
      '-o',
      'json',
      ...args
    ]
    const child = spawn('/bin/sh', ['-c', 'unset NODE_OPTIONS; exec "$@"', 'sh', ...command], {
      env: { PATH: process.env.PATH ?? '', HOME: directory },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    end = { ...end, process: () => void child.kill('SIGKILL') }
    const ended = once(child, 'exit')
    const [out, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    const [code] = await ended
    return { code, stderr, sets: out === '' ? [] : JSON.parse(out).statefulSets }
  }
  return {
    kubeconfig,
    recreate: (manifests, args = ['--yes'], as = kubeconfig) =>
      run([...manifests.flatMap((manifest) => ['-f', write(manifest)]), `--kubeconfig=${as}`, ...args]),
    as: (token) => write({ ...own, users: own.users.map(({ name }) => ({ name, user: { token } })) }),
    behindDoor: write({ ...own, clusters: own.clusters.map(({ name }) => ({ name, cluster })) }),
    endAt: (at) => {
      end = { ...end, at, count: 0, changes: 0 }
    },
    requests: () => end.count,
    changes: () => end.changes,
    dispose() {
      door.close()
      door.closeAllConnections()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Whether a request changes what is stored: no read, no dry run and no question about rights. */
function isChange({ method = 'GET', url = '' }: IncomingMessage): boolean {
  return method !== 'GET' && !url.includes('dryRun=') && !url.includes('/selfsubject')
}

/** @param goesOn asked when the API server has answered; where it says no, nobody hears the answer */
async function forward(
  { clusters, users }: Kubeconfig,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  goesOn: () => boolean
): Promise<void> {
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0]?.cluster ?? {}
  const headers = { ...incoming.headers, authorization: `Bearer ${users[0]?.user.token}` }
  const { method = 'GET' } = incoming
  const url = new URL(incoming.url ?? '', server)
  const sent = request(url, { method, headers, ca: Buffer.from(ca, 'base64') })
  try {
    sent.end(await buffer(incoming))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const body = await buffer(response)
    if (!goesOn()) return
    outgoing.writeHead(response.statusCode ?? 502, response.headers)
    outgoing.end(body)
  } catch {
    // An API server that is away looks the same from both sides of the door.
    incoming.socket.destroy()
  }
}

/** The Role of docs/recreate.md, in a namespace of the test. */
export function documentedRole(namespace: string): string {
  const page = readFileSync(new URL('../../../docs/recreate.md', import.meta.url), 'utf8')
  const [, yaml = ''] = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(page) ?? []
  return yaml.replace('namespace: lab', `namespace: ${namespace}`)
}
