import { oneLine } from '../core/values/text.ts'
import type { Report } from './report.ts'

/**
 * A report in which every text is one line that nothing obeys, whoever made the report and wherever the text came from.
 * Each format is given it like that, so that none has to think of it. What is in order already is not copied.
 */
export function inLines(report: Report): Report {
  return harmless(report)
}

function harmless<Value>(value: Value): Value {
  if (typeof value === 'string') return oneLine(value) as Value
  if (typeof value !== 'object' || value === null) return value
  let copy: { [key: string]: unknown } | undefined
  for (const [key, part] of Object.entries(value)) {
    const same = harmless(part)
    if (same === part) continue
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as { [key: string]: unknown }
    copy[key] = same
  }
  return (copy as Value | undefined) ?? value
}
