import { isObject, type JsonObject } from '../../core/values/json.ts'
import type { Known } from '../../doctor/evidence.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { pagesOf } from '../../kubernetes/list.ts'
import type { Probe } from '../../kubernetes/probe.ts'

/** Turns a request that failed into what is not known. */
export async function known<Value>(read: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { value: await read() }
  } catch (error) {
    if (error instanceof ApiError) return { unknown: error.message }
    throw error
  }
}

/** Undefined where there is no such object. */
export function readObject(probe: Probe, path: string): Promise<Known<JsonObject | undefined>> {
  return known(async () => {
    try {
      return await probe.get(path)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
  })
}

export function readList(probe: Probe, path: string, kind: string): Promise<Known<readonly JsonObject[]>>
export function readList(
  probe: Probe,
  path: string,
  kind: string,
  isCustom: true
): Promise<Known<readonly JsonObject[] | undefined>>
/** @param isCustom answers undefined where the cluster does not know the kind */
export function readList(
  probe: Probe,
  path: string,
  kind: string,
  isCustom?: true
): Promise<Known<readonly JsonObject[] | undefined>> {
  return known(async () => {
    const objects: JsonObject[] = []
    try {
      for await (const items of pagesOf(probe, path, kind)) objects.push(...items.filter(isObject))
    } catch (error) {
      if (isCustom && error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
    return objects
  })
}
