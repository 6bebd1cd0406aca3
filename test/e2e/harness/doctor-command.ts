// `holdfast doctor` as it is installed: a child process that knows the cluster by a kubeconfig.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Cluster } from './control-plane.ts'
import { scannerOf } from './scan-command.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

export interface Told {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

/** What a test looks at in the JSON of `-o json`. */
export interface Diagnosis {
  readonly mode: string
  readonly counts: Readonly<Record<string, number>>
  readonly checks: readonly {
    readonly id: string
    readonly state: string
    readonly findings: readonly { readonly code: string; readonly message: string; readonly fix?: string }[]
  }[]
}

export type Diagnosed = Told & { readonly diagnosis: Diagnosis; readonly codes: readonly string[] }

export interface Doctor {
  run(args?: readonly string[], kubeconfig?: string): Promise<Told>
  /** With `-o json`, and the codes of all findings but notes. */
  diagnose(args?: readonly string[], kubeconfig?: string): Promise<Diagnosed>
  /**
   * As in a Pod: without a kubeconfig, with a token and a CA where kubelet mounts them. Undefined where this machine lets
   * nobody mount.
   */
  runInPod(token: string, args: readonly string[]): Promise<Told | undefined>
  /** A kubeconfig of somebody else in the same cluster. */
  as(token: string): string
  dispose(): void
}

/** In a mount namespace of its own, which is gone with the process. */
const MOUNT = `
  mount -t tmpfs tmpfs /run
  directory=/run/secrets/kubernetes.io/serviceaccount
  mkdir -p $directory
  printf %s "$TOKEN" > $directory/token
  printf %s "$CA" > $directory/ca.crt
  exec "$@"
`

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }]
}

function serverIn(kubeconfig: string): { readonly hostname: string; readonly port: string; readonly ca: string } {
  const { clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const { server = '', 'certificate-authority-data': data = '' } = clusters[0].cluster
  const { hostname, port } = new URL(server)
  return { hostname, port, ca: Buffer.from(data, 'base64').toString() }
}

export async function doctorOf(cluster: Cluster): Promise<Doctor> {
  const { kubeconfig: own, as, dispose } = await scannerOf(cluster)
  const run: Doctor['run'] = async (args = [], kubeconfig = own) => {
    const child = spawn(process.execPath, [PROGRAM, 'doctor', `--kubeconfig=${kubeconfig}`, ...args])
    const [[code], stdout, stderr] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
    return { code, stdout, stderr }
  }
  return {
    run,
    as,
    async runInPod(token, args) {
      if (spawnSync('unshare', ['-rm', 'true']).status !== 0) return undefined
      const { hostname, port, ca } = serverIn(own)
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: '/run',
        TOKEN: token,
        CA: ca,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port
      }
      const child = spawn(
        'unshare',
        ['-rm', '/bin/sh', '-ec', MOUNT, 'sh', process.execPath, PROGRAM, 'doctor', ...args],
        { env }
      )
      const [[code], stdout, stderr] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
      return { code, stdout, stderr }
    },
    dispose,
    async diagnose(args = [], kubeconfig = own) {
      const told = await run([...args, '-o', 'json'], kubeconfig)
      if (told.stdout === '') throw new Error(`doctor ended with ${told.code}: ${told.stderr}`)
      const diagnosis = JSON.parse(told.stdout) as Diagnosis
      const findings = diagnosis.checks.flatMap(({ findings }) => findings)
      const codes = findings.filter(({ fix }) => fix !== undefined).map(({ code }) => code)
      return { ...told, diagnosis, codes }
    }
  }
}
