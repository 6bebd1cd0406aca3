/** Where a file is, as a URI reference (RFC 3986), from the path that the user wrote. */
export interface ArtifactUri {
  readonly uri: string
  readonly isRelative: boolean
}

const DRIVE = /^([A-Za-z]:)\//

/**
 * Forward slashes, no `.` and no step back that another one undoes, and everything percent-encoded that a URI cannot
 * hold. GitHub takes relative references and `file:` only, and rejects the whole report over any other scheme; a colon
 * in a name is therefore encoded.
 */
export function artifactUri(path: string): ArtifactUri {
  const slashed = path.toWellFormed().replaceAll('\\', '/')
  const drive = DRIVE.exec(slashed)?.[1]
  if (drive !== undefined) return absolute(`/${drive}/${encoded(slashed.slice(drive.length))}`)
  // \\server\share: the server is the authority of the URI.
  if (path.startsWith('\\\\')) return { uri: `file://${encoded(slashed)}`, isRelative: false }
  if (slashed.startsWith('/')) return absolute(`/${encoded(slashed)}`)
  return { uri: encoded(slashed), isRelative: true }
}

function absolute(path: string): ArtifactUri {
  return { uri: `file://${path}`, isRelative: false }
}

function encoded(path: string): string {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop()
    else steps.push(step)
  }
  return steps.map(encodeURIComponent).join('/')
}
