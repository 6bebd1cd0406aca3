import { parse } from 'yaml'
import type { KubernetesObject } from '../kustomize.ts'
import { type Rendered, renderAll } from './axes.ts'
import { templateOf } from './emit.ts'
import { type Item, type Json, merged } from './merge.ts'
import { applySetting, settings } from './settings.ts'

/** The first line of each template that is written. A file with this line that nothing writes any more is stale. */
export const HEAD = '{{- /* Written by npm run generate from manifests/, whose comments say why. */ -}}\n'

/** Not part of a chart: Helm creates the namespace, or somebody has done so. */
const LEFT_OUT = ['Namespace']

/**
 * The templates of the chart by the names of their files: the objects of all overlays and components of `AXES`, with
 * conditions where they differ and values where a user may set something.
 *
 * @param valuesFile the text of values.yaml, whose defaults are compared with the manifests
 * @throws {Error} where there is no kubectl, and where the manifests and `AXES`, `settings` or values.yaml do not agree
 */
export function chartTemplates(valuesFile: string): Map<string, string> {
  const rendered = renderAll()
  const values = parse(valuesFile)
  const roots = rootsOf(rendered)
  const entriesOf = (object: string): string[] => {
    const found = rendered.reference.find((it) => keyOf(it) === object) as { webhooks?: { name: string }[] } | undefined
    return found?.webhooks?.map(({ name }) => name) ?? []
  }
  for (const setting of settings(entriesOf)) {
    const root = roots.get(setting.object)
    if (root === undefined) throw new Error(`there is no ${setting.object} in the manifests`)
    applySetting(root, setting, values)
  }
  return new Map(
    [...roots].map(([key, root]) => {
      const text = templateOf(root)
      if (IMAGE.test(text)) throw new Error(`${key}: no setting sets its image`)
      return [fileOf(key), HEAD + text]
    })
  )
}

const IMAGE = /^\s*(?:- )?image: [^{]/m

function rootsOf({ reference, variants }: Rendered): Map<string, Item> {
  const everything = [reference, ...variants.map(({ objects }) => objects)].flat()
  const keys = [...new Set(everything.filter(({ kind }) => !LEFT_OUT.includes(kind)).map(keyOf))]
  return new Map(
    keys.map((key) => {
      const here = (objects: readonly KubernetesObject[]) => objectOf(objects, key)
      const alternatives = variants.map(({ axis, value, objects }) => ({ axis, value, tree: here(objects) }))
      return [key, merged(here(reference), alternatives, key)]
    })
  )
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`
}

function objectOf(objects: readonly KubernetesObject[], key: string): Json | undefined {
  const found = objects.find((object) => keyOf(object) === key)
  return found && withoutEmptyMetadata(structuredClone(found) as unknown as { metadata: Record<string, Json> })
}

/** A patch that removes the only annotation leaves an empty map, which means the same as none. */
function withoutEmptyMetadata(object: { metadata: Record<string, Json> }): Json {
  for (const field of ['annotations', 'labels']) {
    const value = object.metadata[field]
    if (value !== undefined && Object.keys(value ?? {}).length === 0) delete object.metadata[field]
  }
  return object as unknown as Json
}

/** `CronJob/holdfast-scan` is scan-cron-job.yaml. */
function fileOf(key: string): string {
  const [kind = '', name = ''] = key.split('/')
  const words = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
  const prefix = name.replace(/^holdfast-?/, '')
  return `${prefix === '' ? '' : `${prefix}-`}${words}.yaml`
}
