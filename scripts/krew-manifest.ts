import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'

const HOME = 'https://github.com/holdfast-dev/holdfast'

interface Package {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
}

/** @param archive the files of the package with all that it depends on, as a .tar.gz */
export function krewManifest(archive: Buffer): string {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as Package
  const { version, bin, engines } = manifest
  return stringify({
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'holdfast' },
    spec: {
      version: `v${version}`,
      homepage: HOME,
      shortDescription: 'Replace StatefulSets, keep Pods and claims',
      description:
        'kubectl holdfast recreate carries out an upgrade of a StatefulSet that the API server refuses: it deletes the StatefulSet, leaves its Pods and claims where they are, creates it anew, and verifies that it has adopted them. kubectl holdfast scan finds the StatefulSets whose next upgrade will be refused.\n',
      caveats: `It takes Node.js ${engines.node} on the PATH.\n`,
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['darwin', 'linux'] }] },
          uri: `${HOME}/releases/download/v${version}/holdfast-${version}.tar.gz`,
          sha256: createHash('sha256').update(archive).digest('hex'),
          bin: bin['kubectl-holdfast']
        }
      ]
    }
  })
}
