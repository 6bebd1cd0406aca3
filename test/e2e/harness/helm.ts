// Helm, as somebody has it installed: found on the PATH, run once per call, and what it wrote taken apart.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kubectl } from './kubectl.ts'

export type Major = 3 | 4

export interface HelmResult {
  code: number
  stdout: string
  /** The API server's warnings, as it sent them: Helm's logger puts them in quotation marks behind a time. */
  warnings: string[]
  /** The line that begins with "Error:", or nothing. */
  error: string
  /** Every other line of standard error. */
  rest: string[]
}

export type Helm = (args: readonly string[]) => Promise<HelmResult>

/** Where Helm keeps what it keeps, so that nothing of the developer's is read or written. */
export interface HelmHome {
  env: NodeJS.ProcessEnv
  /** The directory of our chart in one version. */
  chart(version: string): string
  remove(): void
}

const CHART = fileURLToPath(new URL('../../fixtures/chart', import.meta.url))

/** For a program that reads a few files and asks a server on this machine; `--atomic` is given less. */
const TIMEOUT_MS = 60_000

/**
 * The chart's versions and what each installs. Every upgrade is a real one, with another image.
 */
export const APPLICATIONS: Readonly<Record<string, string>> = {
  '0.1.0': 'v1.9.0',
  '0.2.0': 'v1.10.0',
  '0.3.0': 'v1.11.0',
  '0.4.0': 'v1.11.1',
  '0.5.0': 'v1.11.2',
  '0.6.0': 'v1.11.3'
}

/** One program for each major version that is on the PATH as `helm`, `helm3` or `helm4`, and its own word for it. */
export async function findHelms(): Promise<Map<Major, { program: string; version: string }>> {
  const found = new Map<Major, { program: string; version: string }>()
  for (const program of ['helm', 'helm3', 'helm4']) {
    const { code, stdout } = await execute(program, ['version', '--template', '{{.Version}}'], process.env)
    const [version, major] = /^v(\d+)\.\S+/.exec(stdout) ?? []
    if (code !== 0 || version === undefined || (major !== '3' && major !== '4')) continue
    const key = Number(major) as Major
    if (!found.has(key)) found.set(key, { program, version })
  }
  return found
}

/**
 * @param kubectl is asked for the kubeconfig, so that Helm talks to the same cluster
 * @param isOwn whether the cluster is the test's own; else credential plugins may need the developer's home
 */
export async function helmHome(kubectl: Kubectl, isOwn: boolean): Promise<HelmHome> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-helm-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten'])
  // Helm warns about a file that others may read.
  writeFileSync(kubeconfig, stdout, { mode: 0o600 })
  for (const [version, application] of Object.entries(APPLICATIONS))
    writeChart(join(directory, version), version, application)

  const inherited = Object.entries(process.env).filter(([name]) => !/^(HELM_|KUBE)/.test(name))
  const homes = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME'].map((name) => [name, join(directory, name)])
  return {
    env: {
      ...Object.fromEntries([...inherited, ...homes]),
      ...(isOwn ? { HOME: directory } : {}),
      KUBECONFIG: kubeconfig
    },
    chart: (version) => join(directory, version),
    remove: () => rmSync(directory, { recursive: true, force: true })
  }
}

/** Our chart with another version, which is all that a release of it changes. */
function writeChart(directory: string, version: string, application: string): void {
  cpSync(CHART, directory, { recursive: true })
  const file = join(directory, 'Chart.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: ${application}`)
  writeFileSync(file, text)
}

/** @throws {Error} when Helm could not be run or was killed for taking too long, because then there is no answer */
export function helmWith(program: string, env: NodeJS.ProcessEnv): Helm {
  return async (args) => {
    const { code, stdout, stderr } = await execute(program, args, env)
    if (code === undefined) throw new Error(`${program} ${args.join(' ')}: no answer\n${stderr}`)
    return { code, stdout, ...takenApart(stderr) }
  }
}

interface Executed {
  /** `undefined` where there is no such program, and where it was killed. */
  code: number | undefined
  stdout: string
  stderr: string
}

function execute(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Executed> {
  return new Promise((resolve) => {
    const options = { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 10_000_000 } as const
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      resolve({ code: typeof code === 'number' ? code : undefined, stdout, stderr })
    })
  })
}

// `I1121 05:07:54.026392   20556 warnings.go:107] "Warning: …"`; the older `W… warnings.go:70] …` has no quotation marks.
const WARNING = /^[IW]\d{4} [\d:.]+ +\d+ warnings\.go:\d+\] (.*)$/

/** Takes apart what Helm wrote to its standard error. */
export function takenApart(stderr: string): { warnings: string[]; error: string; rest: string[] } {
  const lines = stderr.split('\n').filter(Boolean)
  const kinds = Map.groupBy(lines, (line) =>
    WARNING.test(line) ? 'warning' : line.startsWith('Error: ') ? 'error' : 'rest'
  )
  return {
    warnings: (kinds.get('warning') ?? []).map((line) => {
      const text = WARNING.exec(line)?.[1] ?? ''
      return text.startsWith('"Warning: ') ? (JSON.parse(text) as string).slice('Warning: '.length) : text
    }),
    error: (kinds.get('error') ?? []).join('\n'),
    rest: kinds.get('rest') ?? []
  }
}
