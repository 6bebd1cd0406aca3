// `holdfast cert-controller` as its Deployment runs it: with the token of its account, which kubelet would mount.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Component, endComponent, startComponent, startGuard, tailOf } from './component.ts'
import type { Cluster } from './control-plane.ts'
import { sumOf } from './metrics.ts'
import { until } from './wait.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

/** What kubelet mounts at /var/run/secrets/kubernetes.io/serviceaccount, and the environment of a Pod. */
export interface PodIdentity {
  readonly directory: string
  readonly token: string
  readonly environment: readonly string[]
  dispose(): void
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[]
}

export async function identityOf({ kubectl }: Cluster, account: string, namespace: string): Promise<PodIdentity> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-account-'))
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  const { server = '', 'certificate-authority-data': ca = '' } =
    (JSON.parse(stdout) as Kubeconfig).clusters[0]?.cluster ?? {}
  const token = (await kubectl(['create', 'token', account, '-n', namespace])).stdout.trim()
  const files = { namespace, token, 'ca.crt': Buffer.from(ca, 'base64').toString() }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 })
  const { hostname, port } = new URL(server)
  return {
    directory,
    token,
    environment: [`KUBERNETES_SERVICE_HOST=${hostname}`, `KUBERNETES_SERVICE_PORT=${port || '443'}`],
    dispose: () => rmSync(directory, { recursive: true, force: true })
  }
}

export interface ControllerProcess {
  readonly pid: number
  /** The sum of the series of a metric whose labels have these values. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
  /** Whether its readiness probe succeeds. */
  isReady(): Promise<boolean>
  /** What it has logged with level `error` or `warn`. */
  complaints(): string[]
  /** Without a warning. */
  kill(): Promise<void>
  /** SIGTERM. Resolves with how it ended. */
  stop(): Promise<string>
}

let started = 0

/** Starts one more process with these flags; it does not outlive this one. */
export async function startController(
  { directory, environment }: PodIdentity,
  flags: readonly string[]
): Promise<ControllerProcess> {
  const logs = mkdtempSync(join(tmpdir(), 'holdfast-e2e-controller-'))
  const guard = startGuard(logs)
  const command = [
    ...environment,
    process.execPath,
    PROGRAM,
    'cert-controller',
    '--bind-address=127.0.0.1',
    '--health-port=0',
    `--service-account-dir=${directory}`,
    ...flags
  ]
  const component: Component = startComponent(`cert-controller-${++started}`, '/usr/bin/env', command, logs)
  guard.watch(component)
  const lines = (): { level?: string; healthPort?: number }[] =>
    readFileSync(component.log, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line))
  const port = await until('the health port of cert-controller', async () => {
    const outcome = component.outcome()
    if (outcome !== undefined) throw new Error(`${outcome}\n${tailOf(component)}`)
    return lines().find(({ healthPort }) => healthPort !== undefined)?.healthPort
  })
  const url = `http://127.0.0.1:${port}`
  return {
    pid: component.child.pid as number,
    metric: async (name, labels) => sumOf(await (await fetch(`${url}/metrics`)).text(), name, labels),
    isReady: async () => (await fetch(`${url}/readyz`)).ok,
    complaints: () =>
      lines().flatMap((line) => (line.level === 'error' || line.level === 'warn' ? [JSON.stringify(line)] : [])),
    async kill() {
      component.child.kill('SIGKILL')
      await component.ended
    },
    async stop() {
      await endComponent(component, 10_000)
      await guard.release()
      return component.outcome() ?? 'still runs'
    }
  }
}
