import { CONFIG_MAP } from '../objects/kinds.ts'
import { specOf } from '../objects/metadata.ts'
import { mountCovering, normal, resolve } from '../objects/volumes.ts'
import type { SubjectSet } from '../set.ts'
import { matchesGlob } from '../values/glob.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf, textsOf } from '../values/json.ts'
import { flagValue } from './arguments.ts'
import type { Configured } from './prometheus-config.ts'
import type { Runner } from './runners.ts'

type Known = Extract<Configured, { kind: 'known' }>

/**
 * The rules behind `rule_files`, recording and alerting ones; undefined unless ConfigMaps of the Set hold all of them. Each
 * has `expr`, and `alert` or `record`.
 */
export function rulesOf(set: SubjectSet, runner: Runner, { config }: Known): readonly JsonObject[] | undefined {
  const rules: JsonObject[] = []
  for (const pattern of textsOf(config.rule_files)) {
    const texts = textsAt(set, runner, pattern)
    if (texts === undefined) return undefined
    for (const text of texts) {
      const file = set.yaml(text)
      if (!isObject(file)) return undefined
      for (const group of listOf(file.groups)) rules.push(...listOf(objectOf(group).rules).map(objectOf))
    }
  }
  return rules
}

/** What the files hold that a pattern names, in which `*` stands for any text; undefined where nobody can know. */
function textsAt(set: SubjectSet, { container, workload }: Runner, pattern: string): readonly string[] | undefined {
  const file = container && flagValue(container, 'config.file')
  if (container === undefined || workload === undefined || file === undefined || /[?[\\]/.test(pattern))
    return undefined
  const path = resolve(normal(`${resolve('/prometheus', file)}/..`), pattern)
  const mount = mountCovering(container, path)
  if (mount === undefined) return undefined
  const name = path.slice(mount.mountPath.length).replace(/^\//, '')
  const mounts = listOf(container.object.volumeMounts).map(objectOf)
  // A directory that may be any, and a file that is mounted by itself, are left to others.
  if (name === '' || name.includes('/') || mounts.some(({ subPath }) => subPath !== undefined)) return undefined
  const volumes = listOf(specOf(workload.template).volumes).map(objectOf)
  const source = objectOf(volumes.find((volume) => volume.name === mount.name)).configMap
  if (!isObject(source) || source.items !== undefined) return undefined
  const map = set.named(CONFIG_MAP, textOf(source.name) ?? '')
  if (map === undefined) return undefined
  const files = Object.entries(objectOf(map.object.data)).filter(([key]) => matchesGlob(name, key))
  return files.map(([, text]) => textOf(text) ?? '')
}
