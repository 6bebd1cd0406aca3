/** Where something stands in an object: `['spec', 'containers', 0, 'image']`. */
export type Path = readonly (string | number)[]

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/

/**
 * The path as Kubernetes writes it in its own errors: `spec.containers[0].image`, and
 * `metadata.labels[helm.sh/chart]` for keys that have dots of their own.
 */
export function fieldPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number' || !PLAIN_KEY.test(step)) text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** The path as a JSON Pointer (RFC 6901): `/metadata/labels/helm.sh~1chart`. */
export function pointer(path: Path): string {
  let text = ''
  for (const step of path) text += `/${typeof step === 'string' ? escaped(step) : step}`
  return text
}

/** The steps of a JSON Pointer, indices of lists as texts. */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function escaped(step: string): string {
  return step.includes('~') || step.includes('/') ? step.replaceAll('~', '~0').replaceAll('/', '~1') : step
}
