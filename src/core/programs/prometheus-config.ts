import { CONFIG_MAP } from '../objects/kinds.ts'
import { specOf } from '../objects/metadata.ts'
import type { Container } from '../objects/pod.ts'
import { mountCovering, normal, resolve } from '../objects/volumes.ts'
import type { SubjectSet } from '../set.ts'
import type { Subject } from '../subject.ts'
import { isObject, type JsonObject, listOf, objectOf, own, textOf, textsOf, wordOf } from '../values/json.ts'
import { flagValue, isStartedByShell } from './arguments.ts'
import type { Runner } from './runners.ts'

/** What a server is configured with, as far as its Set says. */
export type Configured =
  | { readonly kind: 'known'; readonly config: JsonObject; readonly source: Subject; readonly key: string }
  /** As an end of "not evaluated: …", without a full stop. */
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * The file behind `--config.file`, where a ConfigMap of the Set holds it. A Secret is never read, and what another
 * container writes is in nobody's manifest.
 */
export function prometheusConfigOf(set: SubjectSet, { container, workload, subject }: Runner): Configured {
  const unknown = (why: string): Configured => ({ kind: 'unknown', why: `${why} of ${subject.kind} ${subject.name}` })
  if (container === undefined || workload === undefined) return unknown('prometheus-operator makes the configuration')
  const file = fileOf(container)
  if (file === undefined) return unknown('nothing in the manifest holds the configuration')
  const volumes = listOf(specOf(workload.template).volumes).map(objectOf)
  const volume = volumes.find(({ name }) => name === file.volume) ?? {}
  if (isObject(volume.secret)) return unknown('a Secret holds the configuration')
  if (!isObject(volume.configMap)) return unknown('no ConfigMap holds the configuration')
  const { name, items } = volume.configMap
  const source = set.named(CONFIG_MAP, textOf(name) ?? '')
  if (source === undefined) return unknown('no ConfigMap was read that is the configuration')
  const item = listOf(items)
    .map(objectOf)
    .find(({ path }) => path === file.path)
  const key = textOf(item?.key) ?? file.path
  const text = textOf(own(objectOf(source.object.data), key))
  const config = text === undefined ? undefined : set.yaml(text)
  return isObject(config) ? { kind: 'known', config, source, key } : unknown('no YAML is the configuration')
}

/** The volume that the configuration lies in, and its path there. */
function fileOf(container: Container): { readonly volume: string; readonly path: string } | undefined {
  const flag = flagValue(container, 'config.file')
  if (flag === undefined || isStartedByShell(container)) return undefined
  const path = resolve('/prometheus', flag)
  const mount = mountCovering(container, path)
  if (mount === undefined) return undefined
  const mounts = listOf(container.object.volumeMounts).map(objectOf)
  const own = mounts.find((one) => one.name === mount.name && normal(textOf(one.mountPath) ?? '') === mount.mountPath)
  return { volume: mount.name, path: textOf(own?.subPath) ?? path.slice(mount.mountPath.length).replace(/^\//, '') }
}

/** Addresses of Alertmanagers that stand in the configuration itself. */
export function alertmanagerTargetsIn(config: JsonObject): readonly string[] {
  const managers = listOf(objectOf(config.alerting).alertmanagers).map(objectOf)
  const groups = managers.flatMap(({ static_configs }) => listOf(static_configs).map(objectOf))
  return groups.flatMap(({ targets }) => textsOf(targets))
}

/** `global.external_labels`, whose values are texts. */
export function externalLabelsOf(config: JsonObject): ReadonlyMap<string, string> {
  const labels = Object.entries(objectOf(objectOf(config.global).external_labels))
  return new Map(labels.map(([name, value]) => [name, wordOf(value)]))
}

export function scrapeConfigsIn(config: JsonObject): readonly JsonObject[] {
  return listOf(config.scrape_configs).map(objectOf)
}
