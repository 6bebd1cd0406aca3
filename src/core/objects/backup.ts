import type { JsonObject } from '../values/json.ts'
import { annotationsOf } from './metadata.ts'

/**
 * Names of volumes for Velero's file system backup, and what K8up takes: `k8up.io/backup`, `k8up.io/backupcommand` and
 * more; before version 2 below another name.
 */
const ASKS = /^(?:backup\.velero\.io\/backup-volumes$|k8up\.(?:io|syn\.tools)\/backup)/

/** Whether a Pod, a template of one, a PVC or a claim template asks for a backup by an annotation. `false` excludes it. */
export function isAnnotatedForBackup(object: JsonObject): boolean {
  return Object.entries(annotationsOf(object)).some(
    ([key, value]) => ASKS.test(key) && value !== '' && value !== 'false'
  )
}
