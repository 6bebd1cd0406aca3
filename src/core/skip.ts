import { annotationsOf } from './objects/metadata.ts'
import type { ConfiguredPolicy } from './policy.ts'
import { type JsonObject, textOf } from './values/json.ts'
import { quote } from './values/text.ts'

/** Names policies, separated by commas, that are to leave this object alone. */
const SKIP_ANNOTATION = 'holdfast.dev/skip'

/** The ids in the annotation, whether or not there are such policies. */
export function skippedIn(object: JsonObject): readonly string[] {
  const skip = textOf(annotationsOf(object)[SKIP_ANNOTATION])
  if (skip === undefined) return NONE
  const ids = skip.split(',').map((id) => id.trim())
  return [...new Set(ids)].filter((id) => id !== '')
}

const NONE: readonly string[] = []

/** Those of which there is no policy. */
export function unknownSkipsIn(object: JsonObject, policies: readonly ConfiguredPolicy[]): readonly string[] {
  return skippedIn(object).filter((id) => !policies.some(({ policy }) => policy.id === id))
}

/** How many ids a sentence names. */
const NAMED_IDS = 3

/** Without a full stop. */
export function unknownSkipsInWords(ids: readonly string[]): string {
  const named = ids.slice(0, NAMED_IDS).map(quote)
  const more = ids.length > named.length ? ` and ${ids.length - named.length} more` : ''
  const which = ids.length === 1 ? 'which is no policy and exempts' : 'which are no policies and exempt'
  return `annotation ${SKIP_ANNOTATION} names ${named.join(', ')}${more}, ${which} from nothing (holdfast policies lists them)`
}
