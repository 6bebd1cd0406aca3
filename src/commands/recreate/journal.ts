import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../core/values/canonical.ts'
import { isObject, objectOf } from '../../core/values/json.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { replaceFiles } from '../../replace-file.ts'
import type { Journal, Saved } from '../../upgrade/carry-out/job.ts'

/** A StatefulSet may hold what only its owner is to read, such as passwords in variables. */
const PRIVATE = 0o600

/**
 * Two files for each StatefulSet: the old object, which stays, and what is under way, which goes when all is done. Names
 * of namespaces and uids have no dots.
 *
 * @param server the API server's address, because other clusters have StatefulSets of the same name
 */
export function journalIn(directory: string, server: string, namespace: string, name: string): Journal {
  const state = join(directory, `${namespace}.${name}.${digestOf(server).slice(0, 8)}.state.json`)
  const fileOf = (uid: string): string => join(directory, `${namespace}.${name}.${uid}.json`)
  return {
    fileOf,
    async find() {
      let text: string
      try {
        text = await readFile(state, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw unusable(`Cannot read ${state}: ${messageOf(error)}`, error)
      }
      return savedIn(text, state)
    },
    async save(saved) {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await replaceFiles([
          { file: fileOf(saved.uid), text: jsonText(saved.object), mode: PRIVATE },
          { file: state, text: jsonText(saved), mode: PRIVATE }
        ])
      } catch (error) {
        throw unusable(`Cannot save the StatefulSet: ${messageOf(error)}`, error)
      }
    },
    finish: () => rm(state, { force: true })
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function savedIn(text: string, file: string): Saved {
  try {
    const saved: unknown = JSON.parse(text)
    if (isObject(saved) && isObject(saved.object) && typeof saved.uid === 'string') {
      return { ...(saved as unknown as Saved), pods: textsIn(saved.pods), claims: textsIn(saved.claims) }
    }
  } catch {}
  throw unusable(`${file} is not what was written there`)
}

function textsIn(map: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(objectOf(map)).map(([name, uid]) => [name, String(uid)]))
}

function unusable(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('STATE_UNUSABLE', what, { cause })
}
