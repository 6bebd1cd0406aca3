// What a scenario with Helm does step by step, and what it finds afterwards.

import type { V1ObjectMeta, V1PersistentVolumeClaim, V1Pod, V1Service, V1StatefulSet } from '@kubernetes/client-node'
import { APPLICATIONS, type Helm, type HelmHome, type Major } from './helm.ts'
import type { Where } from './helm-words.ts'
import type { Stage } from './suite.ts'
import { until } from './wait.ts'

/** One release named pgw in a namespace of its own. */
export interface Scene extends Where {
  stage: Stage
  home: HelmHome
  helms: ReadonlyMap<Major, Helm>
  /** The last error anybody printed, which says the remediation. */
  lastError: string
}

/** What an action said. */
export interface Said {
  warnings: string[]
  error: string
  /** What the action was for, where it was to look at something. */
  found?: string
}

export interface Action {
  title: string
  act(scene: Scene): Promise<Said>
}

/** What the two major versions call differently. */
const FLAGS: Readonly<Record<string, Readonly<Record<Major, string>>>> = {
  '{force}': { 3: '--force', 4: '--force-replace --server-side=false' },
  '{atomic}': { 3: '--atomic', 4: '--rollback-on-failure' }
}

/**
 * Runs Helm on the release.
 *
 * @param line such as `upgrade 0.2.0 {force}`: a version stands for our chart in that version
 * @param as another major version of Helm than the scenario's
 */
export function helm(line: string, as?: Major): Action {
  return {
    title: `${as === undefined ? 'helm' : `helm of version ${as}:`} ${line}`,
    async act(scene) {
      const { warnings, error, rest, code, stdout } = await helmOf(scene, as)(wordsOf(line, scene))
      // Helm 4 logs a failure before it prints it.
      const unknown = rest.filter((text) => !(code !== 0 && text.startsWith('level=WARN ')))
      if (unknown.length > 0) throw new Error(`helm ${line} also printed: ${unknown.join('\n')}`)
      if ((code === 0) !== (error === '')) throw new Error(`helm ${line}: exit code ${code}\n${error}${stdout}`)
      return { warnings, error }
    }
  }
}

function helmOf({ helms, major }: Scene, as: Major = major): Helm {
  const found = helms.get(as)
  if (found === undefined) throw new Error(`there is no Helm ${as}`)
  return found
}

function wordsOf(line: string, { major, namespace, home }: Scene): string[] {
  const [verb = '', ...rest] = line.replace(/\{\w+\}/g, (flag) => FLAGS[flag]?.[major] ?? flag).split(' ')
  return [verb, 'pgw', ...rest.map((word) => (word in APPLICATIONS ? home.chart(word) : word)), '-n', namespace]
}

/** What kubectl says about the manifest that Helm would send: a rehearsal that Holdfast is asked in. */
export function rehearse(version: string): Action {
  return {
    title: `helm template ${version} | kubectl apply --dry-run=server`,
    async act(scene) {
      const { stdout } = await helmOf(scene)(wordsOf(`template ${version}`, scene))
      const args = ['apply', '-n', scene.namespace, '--dry-run=server', '-f', '-']
      return kubectlSaid((await scene.stage.run(args, stdout)).stderr)
    }
  }
}

function kubectlSaid(stderr: string): Said {
  // kubectl finds that it was not itself that created the objects.
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('last-applied-configuration'))
  const warning = 'Warning: '
  return {
    warnings: lines.flatMap((line) => (line.startsWith(warning) ? line.slice(warning.length) : [])),
    error: lines.filter((line) => !line.startsWith(warning)).join('\n')
  }
}

/** Runs the command that the last error quotes, and makes sure that Pods and claims stay, as it says. */
export const theWayOut: Action = {
  title: 'the remediation that the message tells',
  async act(scene) {
    const [, command] = /run "kubectl ([^"]+)"/.exec(scene.lastError) ?? []
    if (command === undefined) throw new Error(`no remediation in: ${scene.lastError}`)
    return orphan(scene, command.split(' '))
  }
}

/** The same, where nobody tells. */
export const theWayOutByHeart: Action = {
  title: 'kubectl delete statefulset pgw --cascade=orphan',
  act: (scene) => orphan(scene, ['delete', 'statefulset', 'pgw', '-n', scene.namespace, '--cascade=orphan'])
}

async function orphan(scene: Scene, args: string[]): Promise<Said> {
  const survivors = async (): Promise<string> =>
    JSON.stringify((await Promise.all([podsOf(scene), claimsOf(scene)])).flat().map(({ metadata }) => metadata?.uid))
  const before = await survivors()
  const { stderr, code } = await scene.stage.run(args)
  if (code !== 0) throw new Error(stderr)
  const after = await survivors()
  if (after !== before) throw new Error(`Pods and PVCs were ${before} and are ${after}`)
  return { warnings: [], error: '' }
}

/** Somebody edits the StatefulSet beside Helm. */
export function kubectl(line: string): Action {
  return {
    title: `kubectl ${line}`,
    async act({ stage, namespace }) {
      const { stderr, code } = await stage.run([...line.split(' '), '-n', namespace])
      return { warnings: [], error: code === 0 ? '' : stderr }
    }
  }
}

/**
 * Waits until all Pods run this version, on claims as old as the release: an update replaces Pods one after the other,
 * each once the one before is ready.
 */
export function podsFollow(version: string, { claims }: { claims: string[] }): Action {
  return {
    title: `the Pods run ${version}`,
    async act(scene) {
      const image = imageOf(version)
      await until(
        `the Pods to run ${image}`,
        async () => {
          const pods = await podsOf(scene)
          if (scene.stage.isOwn)
            await Promise.all(pods.filter((pod) => !isReady(pod)).map((pod) => makeReady(scene, pod)))
          return (
            pods.length === claims.length &&
            pods.every((pod) => isReady(pod) && pod.spec?.containers[0]?.image === image)
          )
        },
        { timeoutMs: scene.stage.isOwn ? 20_000 : 180_000 }
      )
      const labels = (await claimsOf(scene)).map(({ metadata }) => chartOf(metadata))
      const error = labels.join() === claims.join() ? '' : `the PVCs are of ${labels.join()}, not of ${claims.join()}`
      return { warnings: [], error }
    }
  }
}

/** What a kubelet would report. There is none in a control plane of our own. */
async function makeReady({ stage, namespace }: Scene, { metadata }: V1Pod): Promise<void> {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const args = ['patch', 'pod', metadata?.name ?? '', '-n', namespace, '--subresource=status', '--type=merge']
  // It may be gone by now.
  await stage.run([...args, '-p', JSON.stringify({ status })])
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** `helm get manifest` beside what is stored, as somebody sees it who looks for drift. */
export const compareManifest: Action = {
  title: 'helm get manifest, beside what runs',
  async act(scene) {
    const { stdout } = await helmOf(scene)(['get', 'manifest', 'pgw', '-n', scene.namespace])
    const charts = [...stdout.matchAll(/helm\.sh\/chart: pushgateway-(\S+)/g)].map(([, version]) => version)
    const args = ['diff', '-n', scene.namespace, '--server-side', '--force-conflicts', '-f', '-']
    const diff = await scene.stage.run(args, stdout)
    const { set } = await objectsOf(scene)
    const found = `manifest ${[...new Set(charts)].join()}; claim template ${templatesOf(set)}`
    const differences = diff.code === 0 ? 'nothing' : diff.stdout
    return { ...kubectlSaid(diff.stderr), found: `${found}; kubectl diff finds ${differences}` }
  }
}

/**
 * In words, for a table: `failed 0.2.0; runs 0.1.0; claim template 0.1.0`. The first is what Helm says of the release,
 * the others are what is stored.
 */
export async function stateOf(scene: Scene): Promise<string> {
  const [release, { set }] = await Promise.all([releaseOf(scene), objectsOf(scene)])
  if (set === undefined) return `${release}; nothing runs`
  const image = set.spec?.template.spec?.containers[0]?.image
  const [application] = Object.entries(APPLICATIONS).find(([version]) => imageOf(version) === image) ?? [image]
  const versions = new Set([application, chartOf(set.metadata), chartOf(set.spec?.template.metadata)])
  return `${release}; runs ${[...versions].join(' and ')}; claim template ${templatesOf(set)}`
}

function templatesOf(set: V1StatefulSet | undefined): string {
  return (set?.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => chartOf(metadata)).join()
}

async function releaseOf(scene: Scene): Promise<string> {
  const { code, stdout } = await helmOf(scene)(['history', 'pgw', '-n', scene.namespace, '-o', 'json', '--max', '1'])
  if (code !== 0) return 'no release'
  const [last] = JSON.parse(stdout) as { status: string; chart: string }[]
  return `${last?.status} ${last?.chart.replace('pushgateway-', '')}`
}

interface Objects {
  set: V1StatefulSet | undefined
  service: V1Service | undefined
}

async function objectsOf({ stage, namespace }: Scene): Promise<Objects> {
  const args = ['statefulset,service', '-n', namespace, '--show-managed-fields']
  const { items } = await stage.get<{ items: { kind?: string; metadata?: V1ObjectMeta }[] }>(...args)
  const named = (kind: string) => items.find((item) => item.kind === kind && item.metadata?.name === 'pgw')
  return { set: named('StatefulSet') as V1StatefulSet | undefined, service: named('Service') as V1Service | undefined }
}

/**
 * Everything about the release's objects that its user can write; what controllers report is left out.
 *
 * So is when each manager wrote last. kube-apiserver takes that back where nothing else has changed, unless their order
 * changes: a patch that is restored to what was stored may write the new order once, after a controller wrote its status.
 */
export async function writtenOf(scene: Scene): Promise<unknown> {
  const { set, service } = await objectsOf(scene)
  return [set, service].map((object) => {
    const { resourceVersion: _, managedFields = [], ...metadata } = object?.metadata ?? {}
    const fields = managedFields
      .filter(({ subresource }) => subresource === undefined)
      .map(({ manager, operation, fieldsV1 }) => `${manager} ${operation} ${JSON.stringify(fieldsV1)}`)
    return { metadata, fields: fields.sort(), spec: object?.spec }
  })
}

/** Who owns the claim templates, and by which operation, as in managedFields. */
export async function ownersOf(scene: Scene): Promise<string> {
  const { set } = await objectsOf(scene)
  const fields = set?.metadata?.managedFields ?? []
  const owners = fields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('"f:volumeClaimTemplates"'))
  return owners.map(({ manager, operation }) => `${manager} ${operation}`).join(', ')
}

async function podsOf({ stage, namespace }: Scene): Promise<V1Pod[]> {
  return (await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)).items
}

async function claimsOf({ stage, namespace }: Scene): Promise<V1PersistentVolumeClaim[]> {
  return (await stage.get<{ items: V1PersistentVolumeClaim[] }>('persistentvolumeclaims', '-n', namespace)).items
}

function imageOf(version: string): string {
  return `quay.io/prometheus/pushgateway:${APPLICATIONS[version]}`
}

function chartOf(metadata: V1ObjectMeta | undefined): string {
  return metadata?.labels?.['helm.sh/chart']?.replace('pushgateway-', '') ?? 'none'
}
