import { stringify } from 'yaml'
import { VERSION } from '../src/version.ts'
import { kustomized, type Overlay } from './kustomize.ts'

/** What each overlay does, for the first lines of its file. */
const DOES: Readonly<Record<Overlay, string>> = {
  audit: 'evaluates all namespaces, and changes, refuses and warns about nothing.',
  'opt-in': 'evaluates the namespaces with the label holdfast.dev/mode (enforce, warn or audit).',
  'cluster-wide':
    'evaluates and enforces in all namespaces; the label holdfast.dev/mode lowers the mode of a namespace.'
}

/**
 * All objects of an overlay in one file, as kustomize orders them. The text depends on the manifests only, not on the
 * version of kubectl: its fields are in the order of the alphabet, and nothing is wrapped.
 *
 * @throws {Error} where there is no kubectl
 */
export function installFile(overlay: Overlay): string {
  const head = `# Holdfast ${VERSION}, ${overlay}: ${DOES[overlay]}
# Needs Kubernetes 1.28 or later and cert-manager 1.19 or later.
# Rendered from manifests/overlays/${overlay}. To change anything, write a kustomization on top of it.
`
  // kubectl reads YAML 1.1, in which off is a boolean.
  const options = { schema: 'yaml-1.1', lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false } as const
  const documents = kustomized(overlay).map((object) => stringify(object, options))
  return head + documents.map((document) => `---\n${document}`).join('')
}
