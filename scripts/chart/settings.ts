// Which fields of the manifests a value of the chart sets.

import { isDeepStrictEqual } from 'node:util'
import { type Entry, type Item, isMap, type Json, type JsonMap, type Node, sortedKeys } from './merge.ts'

type Path = readonly (string | number)[]

export interface Setting {
  /** `Kind/name` of the object. */
  readonly object: string
  /** Keys, and the names or positions of items. Every field on the way has to be there. */
  readonly path: Path
  /** What becomes of the field, or of the list or map, at the end of the path. */
  readonly set: Change
}

type Change =
  /** The value at this path of values.yaml, whose default has to be what the manifests have. */
  | { readonly to: Path; readonly as: 'scalar' | 'block' }
  /** The text of a template, for what is more than one value. */
  | { readonly text: string }
  /** Further items, or entries, from this expression; none by default. */
  | { readonly append: string }
  /** A key that the manifests do not have, where a condition holds. */
  | { readonly key: string; readonly when: string; readonly value: Node }

const DEPLOYMENT = 'Deployment/holdfast'
const CERT_CONTROLLER = 'Deployment/holdfast-cert-controller'
const CRON_JOB = 'CronJob/holdfast-scan'
const MONITORS = ['PodMonitor/holdfast', 'PrometheusRule/holdfast']
const CONFIGURATIONS = ['MutatingWebhookConfiguration/holdfast', 'ValidatingWebhookConfiguration/holdfast']
const IMAGE = { text: '{{ include "holdfast.image" . }}' } as const

/** What all programs take: the Pods of the webhook, of the controller of certificates, and of the scan. */
function ofPods(object: string, template: Path, container: string, resources: Path): Setting[] {
  const pod = [...template, 'spec']
  const within = [...pod, 'containers', container]
  return [
    { object, path: [...within, 'image'], set: IMAGE },
    { object, path: [...within, 'imagePullPolicy'], set: { to: ['image', 'pullPolicy'], as: 'scalar' } },
    { object, path: [...within, 'resources'], set: { to: resources, as: 'block' } },
    { object, path: [...pod, 'nodeSelector'], set: { to: ['nodeSelector'], as: 'block' } },
    { object, path: pod, set: optional('tolerations') },
    { object, path: pod, set: optional('imagePullSecrets') },
    { object, path: [...template, 'metadata', 'labels'], set: { append: '.Values.podLabels' } },
    { object, path: [...template, 'metadata', 'annotations'], set: { append: '.Values.podAnnotations' } }
  ]
}

function optional(key: string): Change {
  return { key, when: `.Values.${key}`, value: { type: 'block', expression: `.Values.${key}` } }
}

const CA_BUNDLE = {
  key: 'caBundle',
  when: 'eq .Values.certificate.source "provided"',
  value: { type: 'text', text: '{{ b64enc .Values.certificate.provided.caBundle }}' }
} as const

/** @param webhooksOf the names of the webhook entries of a configuration */
export function settings(webhooksOf: (object: string) => readonly string[]): Setting[] {
  const spec = ['spec', 'template', 'spec']
  const job = ['spec', 'jobTemplate', 'spec', 'template']
  return [
    { object: DEPLOYMENT, path: ['spec', 'replicas'], set: { to: ['replicas'], as: 'scalar' } },
    ...ofPods(DEPLOYMENT, ['spec', 'template'], 'holdfast', ['resources']),
    { object: DEPLOYMENT, path: [...spec, 'affinity'], set: { to: ['affinity'], as: 'block' } },
    {
      object: DEPLOYMENT,
      path: [...spec, 'topologySpreadConstraints'],
      set: { to: ['topologySpreadConstraints'], as: 'block' }
    },
    { object: DEPLOYMENT, path: [...spec, 'containers', 'holdfast', 'args'], set: { append: '.Values.extraArgs' } },
    { object: CRON_JOB, path: ['spec', 'schedule'], set: { to: ['scan', 'schedule'], as: 'scalar' } },
    ...ofPods(CERT_CONTROLLER, ['spec', 'template'], 'cert-controller', ['certificate', 'controller', 'resources']),
    ...ofPods(CRON_JOB, job, 'scan', ['scan', 'resources']),
    {
      object: CRON_JOB,
      path: [...job, 'spec', 'containers', 'scan', 'args'],
      set: { append: '.Values.scan.extraArgs' }
    },
    ...MONITORS.map((object) => ({
      object,
      path: ['metadata', 'labels'],
      set: { append: '.Values.monitoring.labels' }
    })),
    {
      object: 'ConfigMap/holdfast',
      path: ['data', 'config.yaml'],
      set: { text: '|{{ include "holdfast.configuration" . | nindent 4 }}' }
    },
    ...CONFIGURATIONS.flatMap((object) =>
      webhooksOf(object).map((name) => ({ object, path: ['webhooks', name, 'clientConfig'], set: CA_BUNDLE }))
    )
  ]
}

/**
 * Changes the tree of an object as a setting says.
 *
 * @param values what values.yaml has
 * @throws {Error} where the field is not there, or its value is not the default in values.yaml
 */
export function applySetting(root: Item, { object, path, set }: Setting, values: unknown): void {
  const place = `${object} ${path.join('.')}`
  const target = path.reduce<Item>((item, step) => partOf(item, step, place), root)
  if ('append' in set || 'key' in set) addTo(target, set, place)
  else if ('text' in set) target.node = { type: 'text', text: set.text }
  else target.node = nodeForDefault(target.node, set, values, place)
}

function nodeForDefault(node: Node, set: Extract<Change, { to: Path }>, values: unknown, place: string): Node {
  const preset = set.to.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)?.[step], values)
  if (node.type !== 'value') throw new Error(`${place} differs between overlays or components`)
  if (!isDeepStrictEqual(preset, node.value)) {
    throw new Error(`values.yaml: ${set.to.join('.')} has to be ${JSON.stringify(node.value)}, as in ${place}`)
  }
  const expression = `.Values.${set.to.join('.')}`
  if (set.as === 'block') return { type: 'block', expression }
  return { type: 'text', text: typeof preset === 'string' ? `{{ ${expression} | quote }}` : `{{ ${expression} }}` }
}

function addTo(item: Item, set: Extract<Change, { append: string } | { key: string }>, place: string): void {
  const node = opened(item, place)
  const nothing: Node = { type: 'value', value: null }
  if ('append' in set && node.type === 'list') node.items.push({ append: set.append, node: nothing })
  else if (node.type !== 'map') throw new Error(`${place} is no map`)
  else if ('append' in set) node.entries.push({ key: '', append: set.append, node: nothing })
  else node.entries.push({ key: set.key, when: set.when, node: set.value })
}

function partOf(item: Item, step: string | number, place: string): Item {
  const found = childrenOf(opened(item, place)).find((child) => nameOf(child) === step)
  if (found === undefined) throw new Error(`${place}: the manifests have no ${step}`)
  return found
}

function childrenOf(node: Node): readonly (Item | Entry)[] {
  if (node.type === 'map') return node.entries
  return node.type === 'list' ? node.items : []
}

function nameOf(child: Item | Entry): unknown {
  if ('key' in child) return child.key
  const { node } = child
  if (node.type === 'value') return (node.value as { name?: string }).name
  const name = childrenOf(node).find((it) => 'key' in it && it.key === 'name')?.node
  return name?.type === 'value' ? name.value : undefined
}

/** The node of an item; a value becomes a tree of one level first, so that a part of it can be changed. */
function opened(item: Item, place: string): Node {
  if (item.node.type !== 'value') return item.node
  const { value } = item.node
  if (Array.isArray(value)) item.node = { type: 'list', items: value.map((it) => ({ node: valueNode(it) })) }
  else if (isMap(value)) item.node = { type: 'map', entries: entriesOf(value) }
  else throw new Error(`${place} has no parts`)
  return item.node
}

function entriesOf(map: JsonMap): Entry[] {
  return sortedKeys([map]).map((key) => ({ key, node: valueNode(map[key] as Json) }))
}

function valueNode(value: Json): Node {
  return { type: 'value', value }
}
