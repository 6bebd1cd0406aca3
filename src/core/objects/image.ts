/** An image reference, as the distribution specification takes it apart. */
export interface Image {
  /** With the registry, without tag and digest: `registry.example:5000/prometheus/pushgateway`. */
  readonly repository: string
  /** The last path segment of the repository: `pushgateway`. */
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** Never fails: text that is no image reference has a name that no policy knows. */
export function parseImage(reference: string): Image {
  const [withoutDigest = '', digest] = split(reference, reference.indexOf('@'))
  // A colon before the last slash belongs to the registry's port, not to a tag.
  const colon = withoutDigest.indexOf(':', withoutDigest.lastIndexOf('/') + 1)
  const [repository = '', tag] = split(withoutDigest, colon)
  return { repository, name: repository.slice(repository.lastIndexOf('/') + 1), tag, digest }
}

function split(text: string, at: number): [string, string?] {
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
