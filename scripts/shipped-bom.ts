import type { BundledPackage } from './bundle.ts'

/** A CycloneDX document, as far as it is looked at. */
export interface Bom {
  readonly metadata: { readonly component: Component; readonly [field: string]: unknown }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
  readonly [field: string]: unknown
}

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly scope?: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
  readonly [field: string]: unknown
}

/**
 * Of a document on all packages of the checkout, what is on those that are shipped. To npm these are for development
 * only, because an installation resolves none of them; users run them all the same, so they are required.
 *
 * @throws Error where the document lacks a package of the bundle: a bill with a gap is worse than none
 */
export function shippedOf(bom: Bom, packages: readonly BundledPackage[]): Bom {
  const { component } = bom.metadata
  const shipped = new Set(packages.map(({ name, version }) => `${name}@${version}`))
  const components = bom.components
    .filter(({ name, version }) => shipped.has(`${name}@${version}`))
    .map((one) => ({
      ...one,
      scope: 'required',
      properties: one.properties?.filter(({ name }) => name !== DEVELOPMENT) ?? []
    }))
  const missing = [...shipped].filter((key) => !components.some(({ name, version }) => `${name}@${version}` === key))
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(', ')}`)
  const refs = new Set([component['bom-ref'], ...components.map((one) => one['bom-ref'])])
  return {
    ...bom,
    // npm names it after the directory of the checkout.
    metadata: {
      ...bom.metadata,
      component: { ...component, name: component['bom-ref'].split('@')[0] ?? component.name }
    },
    components,
    dependencies: bom.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }))
  }
}

const DEVELOPMENT = 'cdx:npm:package:development'
