// Builds the programs of a control plane from the Go modules that the directories beside this file pin.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const MODULES = import.meta.dirname

const KUBERNETES = ['kube-apiserver', 'kube-controller-manager', 'kubectl']

/** Modules with one program each, and what it is called. */
const TOOLS = { etcd: 'etcd', helm3: 'helm', helm4: 'helm' } as const

/** Minor versions of Kubernetes that can be built, from the oldest: `1.31`. */
export const MINORS: readonly string[] = readdirSync(MODULES)
  .filter((name) => /^1\.\d+$/.test(name))
  .sort((one, other) => Number(one.slice(2)) - Number(other.slice(2)))

export const NEWEST = MINORS.at(-1) as string

/**
 * The directory with kube-apiserver, kube-controller-manager, kubectl, etcd, helm3 and helm4, built where they are not
 * in the cache yet: six minutes of two cores for the first one, none for the next time.
 *
 * @param say takes a line for each module that has to be built
 * @throws Error for a minor version without a directory, or where Go fails
 */
export async function buildAssets(minor: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string> {
  if (!MINORS.includes(minor)) throw new Error(`There is no Kubernetes ${minor} here, only ${MINORS.join(', ')}.`)
  const cache = cacheDirectory(env)
  const version = pinned(minor, 'k8s.io/kubernetes')
  const all = join(cache, `kubernetes-${version}-${digestOf(minor, ...Object.keys(TOOLS))}`)
  if (isWhole(all)) return all
  rmSync(all, { recursive: true, force: true })

  // One after the other: a linker takes gigabytes.
  const programs = new Map<string, string>()
  const kubernetes = await built({ cache, module: minor, packages: KUBERNETES, output: '', env, say })
  for (const name of KUBERNETES) programs.set(name, join(kubernetes, name))
  for (const [module, program] of Object.entries(TOOLS)) {
    programs.set(module, join(await built({ cache, module, packages: [], output: program, env, say }), program))
  }
  const draft = mkdtempSync(`${all}.`)
  for (const [name, path] of programs) {
    if (!existsSync(path)) throw new Error(`Go built ${name} without ${path}`)
    symlinkSync(path, join(draft, name))
  }
  return moved(draft, all)
}

/** Whether every program is there: a link that leads nowhere would have every test skipped. */
function isWhole(directory: string): boolean {
  return [...KUBERNETES, ...Object.keys(TOOLS)].every((name) => existsSync(join(directory, name)))
}

interface Build {
  readonly cache: string
  /** A directory beside this file. */
  readonly module: string
  /** Programs of `k8s.io/kubernetes/cmd`; the module's own tools where none is named. */
  readonly packages: readonly string[]
  /** What the program is called; empty where several keep the names of their packages. */
  readonly output: string
  readonly env: NodeJS.ProcessEnv
  say(line: string): void
}

/** The directory with the programs of one module. It appears under its name when all of them are there. */
async function built({ cache, module, packages, output, env, say }: Build): Promise<string> {
  const isKubernetes = packages.length > 0
  const version = isKubernetes ? pinned(module, 'k8s.io/kubernetes') : module
  const target = join(cache, `${isKubernetes ? 'programs' : 'tool'}-${version}-${digestOf(module)}`)
  if (existsSync(target)) return target
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(`${target}.`)
  say(`building ${isKubernetes ? `Kubernetes ${version}` : module}`)
  try {
    const flags = isKubernetes ? ['-s -w', ...versionFlags(version)].join(' ') : '-s -w'
    const what = isKubernetes ? packages.map((name) => `k8s.io/kubernetes/cmd/${name}`) : ['tool']
    await run(
      'go',
      ['build', '-mod=readonly', '-ldflags', flags, '-o', `${draft}/${output}`, ...what],
      join(MODULES, module),
      env
    )
    return moved(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

/** Another run may have been faster: what it left is as good. */
function moved(draft: string, target: string): string {
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

/** A release says in its build which version it is; without it, kube-apiserver would be v0.0.0-master. */
function versionFlags(version: string): string[] {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor }
  return Object.entries(values).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
}

/** The version of a Go module that a directory pins. */
function pinned(module: string, path: string): string {
  const text = readFileSync(join(MODULES, module, 'go.mod'), 'utf8')
  const [, version] = new RegExp(`^\\s*(?:require )?${path} (v\\S+)`, 'm').exec(text) ?? []
  if (version === undefined) throw new Error(`${module}/go.mod does not require ${path}`)
  return version
}

function digestOf(...modules: readonly string[]): string {
  const hash = createHash('sha256')
  for (const module of modules) {
    for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(MODULES, module, file)))
  }
  return hash.digest('hex').slice(0, 12)
}

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return env.HOLDFAST_E2E_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast-e2e')
}

/**
 * What Go says goes to standard error, so that standard output has the directory alone. Without cgo, as Kubernetes itself
 * is released: no C compiler is needed, and a linker of Go's own is several times as fast.
 */
function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env, GOFLAGS: '', CGO_ENABLED: '0' }, stdio: ['ignore', 2, 2] })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} ${args[0]} in ${cwd} ended with exit code ${code}`))
    })
  })
}
