import { listOf, objectOf, textOf } from '../values/json.ts'

/**
 * Whether a list of relabel configs takes a label away, or gives it the same value everywhere. Undefined where a pattern
 * is one that is not read here: patterns of others are never run.
 */
export function dropsLabel(configs: unknown, label: string): boolean | undefined {
  let isUnclear = false
  for (const config of listOf(configs).map(objectOf)) {
    const { action = 'replace', regex, target_label: target, replacement, source_labels: sources } = config
    const matches = matchesPattern(textOf(regex) ?? '(.*)', label)
    if (action === 'labeldrop' && matches === true) return true
    if (action === 'labelkeep' && matches === false) return true
    if ((action === 'labeldrop' || action === 'labelkeep') && matches === undefined) isUnclear = true
    const isConstant = typeof replacement === 'string' && !replacement.includes('$')
    if (action === 'replace' && target === label && isConstant) {
      if (listOf(sources).length === 0 || regex === undefined) return true
      isUnclear = true
    }
  }
  return isUnclear ? undefined : false
}

/** An alternative: a name, with `.*` or `.+` at its ends. */
const ALTERNATIVE = /^(\.[*+])?(\w*)(\.[*+])?$/

/** Whether a pattern that lists names, as in `replica|prometheus_.*`, is about a name; undefined for other patterns. */
function matchesPattern(pattern: string, name: string): boolean | undefined {
  const inner = /^\^?(?:\((?:\?:)?([^()]*)\)|([^()]*))\$?$/.exec(pattern)
  if (inner === null) return undefined
  const alternatives = (inner[1] ?? inner[2] ?? '').split('|').map((one) => ALTERNATIVE.exec(one))
  if (alternatives.includes(null)) return undefined
  return alternatives.some((match) => {
    const [, before, literal = '', after] = match as RegExpExecArray
    if (before !== undefined && after !== undefined) return name.includes(literal)
    if (before !== undefined) return name.endsWith(literal)
    return after === undefined ? name === literal : name.startsWith(literal)
  })
}
