const MANAGED_FIELDS = '"managedFields":['
const SPEC = '"spec":{'

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d]

/**
 * The text of a review with an empty list for `managedFields` of the object under review, which no policy reads. That list
 * is up to a third of what the API server sends. The one of an old object stays: it comes after the first spec.
 *
 * The API server writes the metadata of an object before its spec, so that a list of that name before the first spec is no
 * part of any. Text that is spelled in another way, or is no JSON, comes back as it is; what is left out need not be JSON.
 */
export function withoutManagedFields(review: string): string {
  const name = review.indexOf(MANAGED_FIELDS)
  // The quotation mark may be a part of a longer name, which then has a backslash before it.
  if (name < 0 || review.charCodeAt(name - 1) === BACKSLASH || review.indexOf(SPEC) < name) return review
  const list = name + MANAGED_FIELDS.length - 1
  const end = endOfList(review, list)
  return end < 0 ? review : `${review.slice(0, list)}[]${review.slice(end)}`
}

/** The index after a list; -1 where it does not end. */
function endOfList(json: string, list: number): number {
  let depth = 0
  for (let index = list; index < json.length; index++) {
    const character = json.charCodeAt(index)
    if (character === QUOTE) {
      index = endOfText(json, index)
      if (index < 0) return -1
    } else if (character === OPEN) depth++
    else if (character === CLOSE && --depth === 0) return index + 1
  }
  return -1
}

/** The quotation mark that ends a text; -1 where there is none. */
function endOfText(json: string, begin: number): number {
  for (let quote = json.indexOf('"', begin + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let escapes = quote
    while (json.charCodeAt(escapes - 1) === BACKSLASH) escapes--
    if ((quote - escapes) % 2 === 0) return quote
  }
  return -1
}
