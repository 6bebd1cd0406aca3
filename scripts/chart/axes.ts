// Which folders of manifests/ the chart offers, and the value that selects each.

import { type KubernetesObject, kustomized, OVERLAYS, type Overlay } from '../kustomize.ts'

/**
 * One decision that a user of the chart makes by one value. To offer a component of manifests/, add it here, its value to
 * charts/holdfast/values.yaml and to schema.ts, its fields that a user may set to settings.ts (the image at least, if it
 * has Pods), and a row to test/manifests/chart.test.ts, which fails until then.
 */
export interface Axis {
  /** The expression of a template that has the choice; for a component, whether it is on. */
  readonly expression: string
  /** What each choice renders. The first one is the default of the templates: others are written as what differs. */
  readonly choices: readonly Choice[]
}

export interface Choice {
  /** The value that stands for it; `true` and `false` where the expression is a condition by itself. */
  readonly value: string | boolean
  readonly overlay?: Overlay
  readonly components?: readonly string[]
}

/** Where the serving certificate comes from, and the components that make it so. */
const CERTIFICATES: Readonly<Record<string, readonly string[]>> = {
  'cert-manager': [],
  'cert-controller': ['cert-controller'],
  provided: ['static-certificate']
}

export const CERTIFICATE_SOURCES = Object.keys(CERTIFICATES)

/** A component that is on or off, and off by default. */
function optional(expression: string, ...components: string[]): Axis {
  return {
    expression,
    choices: [{ value: false }, { value: true, components }]
  }
}

/** The one that patches nothing first, because a patch also changes the order of the webhook entries. */
const BY_MODE = ['opt-in', ...OVERLAYS.filter((overlay) => overlay !== 'opt-in')] as const

export const AXES: readonly Axis[] = [
  { expression: '.Values.mode', choices: BY_MODE.map((overlay) => ({ value: overlay, overlay })) },
  {
    expression: '.Values.certificate.source',
    choices: Object.entries(CERTIFICATES).map(([value, components]) => ({ value, components }))
  },
  // On first, so that other components may change what it adds.
  { expression: '.Values.scan.enabled', choices: [{ value: true, components: ['scan'] }, { value: false }] },
  optional('(and .Values.scan.enabled .Values.scan.reports.enabled)', 'scan-reports'),
  optional('.Values.priority.enabled', 'priority'),
  optional('.Values.apiServerToken.enabled', 'api-server-token'),
  optional('.Values.monitoring.enabled', 'monitoring')
]

/** What the objects are when one axis makes another choice than the first, and all others make the first. */
export interface Variant {
  readonly axis: Axis
  readonly value: string | boolean
  readonly objects: readonly KubernetesObject[]
}

export interface Rendered {
  readonly reference: readonly KubernetesObject[]
  readonly variants: readonly Variant[]
}

/** @throws {Error} where there is no kubectl */
export function renderAll(): Rendered {
  const first = AXES.map(({ choices }) => choices[0] as Choice)
  const variants = AXES.flatMap((axis, index) =>
    axis.choices.slice(1).map((choice) => ({
      axis,
      value: choice.value,
      objects: renderChoices(first.with(index, choice))
    }))
  )
  return { reference: renderChoices(first), variants }
}

function renderChoices(choices: readonly Choice[]): KubernetesObject[] {
  const overlay = choices.find((choice) => choice.overlay !== undefined)?.overlay ?? BY_MODE[0]
  return kustomized(
    overlay,
    choices.flatMap(({ components = [] }) => components)
  )
}
