// `holdfast scan` as it is installed, against a cluster of the suite: a child process, its report and its memory.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { isSetPolicy, type Policy } from '../../../src/core/policy.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import type { Report } from '../../../src/report/report.ts'
import type { Cluster } from './control-plane.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

/**
 * Megabytes of old objects that a scan may hold at the same time; client-node alone takes half of them. What Node.js
 * makes of plenty of room is no measure: it collects less of the garbage.
 */
const HEAP_MB = 80

/** The last thing that the process does: it writes the most memory that it ever had, in kilobytes. */
const MEASURE = `
  import { writeFileSync } from 'node:fs'
  process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)))
`

/** The number of objects is `judged` there, as it was in the first version of the format. */
type JsonReport = Omit<Report, 'checked'> & { readonly judged: number }

export interface Scan {
  readonly code: unknown
  readonly stderr: string
  readonly report: JsonReport
  readonly peakMb: number
  readonly seconds: number
}

/** Policies that are on. Of one object, some also read what is beside it. */
export type Asked = 'of the object alone' | 'of one object' | 'all'

export interface Scanner {
  /** As the administrator, or as whoever a kubeconfig says; by policies of one object where nothing is said. */
  scan(args: readonly string[], kubeconfig?: string, policies?: Asked): Promise<Scan>
  /** A kubeconfig of somebody else in the same cluster. */
  as(token: string): string
  readonly kubeconfig: string
  dispose(): void
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string }[]
}

export async function scannerOf({ kubectl }: Cluster): Promise<Scanner> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-scan-'))
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  let written = 0
  const write = (config: object): string => {
    const file = join(directory, `file-${written++}`)
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return file
  }
  const own = JSON.parse(stdout) as Kubeconfig
  const kubeconfig = write(own)
  const without = (off: readonly Policy[]): string =>
    write({
      apiVersion: 'holdfast.dev/v1alpha1',
      kind: 'HoldfastConfiguration',
      policies: Object.fromEntries(off.map(({ id }) => [id, { mode: 'off' }]))
    })
  const configurations: Readonly<Record<Asked, readonly string[]>> = {
    all: [],
    'of one object': [`--config=${without(POLICIES.filter(isSetPolicy))}`],
    'of the object alone': [`--config=${without(POLICIES.filter(({ reads }) => reads !== undefined))}`]
  }
  return {
    kubeconfig,
    async scan(args, as = kubeconfig, policies = 'of one object') {
      const peak = join(directory, 'peak')
      const node = [process.execPath, `--max-old-space-size=${HEAP_MB}`]
      const measure = ['--import', `data:text/javascript,${encodeURIComponent(MEASURE)}`]
      const command = [
        ...node,
        ...measure,
        PROGRAM,
        'scan',
        `--kubeconfig=${as}`,
        '-o',
        'json',
        ...configurations[policies],
        ...args
      ]
      const env = { PATH: process.env.PATH ?? '', HOME: directory, PEAK_FILE: peak }
      const start = performance.now()
      // Through a shell, because the test runner puts itself into every Node.js that it sees start.
      const child = spawn('/bin/sh', ['-c', 'unset NODE_OPTIONS; exec "$@"', 'sh', ...command], {
        env,
        stdio: ['ignore', 'pipe', 'pipe']
      })
      const ended = once(child, 'exit')
      const [out, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
      const [code] = await ended
      if (out === '') throw new Error(`holdfast scan ${args.join(' ')}: ${stderr}`)
      const report = JSON.parse(out) as JsonReport
      return {
        code,
        stderr,
        report,
        peakMb: Number(readFileSync(peak, 'utf8')) / 1024,
        seconds: (performance.now() - start) / 1000
      }
    },
    as(token) {
      const [cluster] = own.clusters
      const context = { cluster: cluster?.name, user: 'somebody' }
      return write({
        ...own,
        'current-context': 'somebody',
        users: [{ name: 'somebody', user: { token } }],
        contexts: [{ name: 'somebody', context }]
      })
    },
    dispose: () => rmSync(directory, { recursive: true, force: true })
  }
}

/** `namespace/kind/name policy outcome` of every finding. */
export function findingsIn({ objects }: Pick<Report, 'objects'>): string[] {
  return objects.flatMap(({ namespace, kind, name, findings }) =>
    findings.map(({ policy, outcome }) => `${namespace}/${kind}/${name} ${policy} ${outcome}`)
  )
}
