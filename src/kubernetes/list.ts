import type { Resource } from '../core/objects/kinds.ts'
import { metadataOf } from '../core/objects/metadata.ts'
import { isObject, type JsonObject, listOf, textOf } from '../core/values/json.ts'
import { ApiError } from './api-error.ts'
import type { Api } from './client.ts'

/** kubectl's --chunk-size: what API servers are asked for all day. Some 5 MB of Pods as they are in real life. */
const PAGE = 500

/**
 * A whole list, page by page, so that no more than one is in memory. Pages come in the order of their objects' keys,
 * NAMESPACE/NAME, and no object comes twice. Nobody has looked at what they hold.
 *
 * @param path of the collection
 * @param kind of the items, for what answers in the place of an API server
 * @param selectors further parameters, such as `fieldSelector`
 * @throws ApiError where the list cannot be read to its end; the pages before it are good
 */
export async function* pagesOf(
  api: Pick<Api, 'get'>,
  path: string,
  kind: string,
  selectors: Readonly<Record<string, string>> = {}
): AsyncGenerator<readonly unknown[]> {
  let limit = PAGE
  let token = ''
  let [last, skipTo, begunAgain] = ['', '', false]
  for (;;) {
    const parameters = new URLSearchParams({ ...selectors, limit: String(limit), ...(token && { continue: token }) })
    let list: JsonObject
    try {
      list = await api.get(`${path}?${parameters}`, last !== '')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.failure === 'TooLarge' && limit > 1) limit = Math.ceil(limit / 2)
      else if (error.status === 410 && error.continueToken) token = error.continueToken
      else if (error.status === 410 && !begunAgain) [token, skipTo, begunAgain] = ['', last, true]
      else throw error
      continue
    }
    const all = itemsOf(list, kind)
    const items = skipTo === '' ? all : all.filter((item) => keyOfItem(item) > skipTo)
    last = keyOfItem(all.at(-1)) || last
    if (items.length > 0) yield items
    const next = textOf(metadataOf(list).continue) ?? ''
    if (next === '') return
    if (next === token) throw new ApiError('Malformed', 'the list does not get on')
    token = next
  }
}

function itemsOf(list: JsonObject, kind: string): readonly unknown[] {
  // An empty list may be null.
  if (list.kind === `${kind}List` && (Array.isArray(list.items) || list.items === null)) return listOf(list.items)
  throw new ApiError('Malformed', `the answer is no ${kind}List`)
}

/** By what etcd sorts, and a continued list goes on. */
function keyOfItem(item: unknown): string {
  const { namespace, name } = metadataOf(isObject(item) ? item : {})
  return textOf(name) ? `${textOf(namespace) ?? ''}/${name}` : ''
}

type Collected = Pick<Resource, 'group' | 'version' | 'resource'>

/** The path of all objects of a kind, in one namespace where one is named. */
export function collectionPath({ group, version, resource }: Collected, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${within}/${resource}`
}
