import type { OptionField } from '../src/core/options.ts'

/** A page of Markdown with another text between two marks; throws where the marks are not there. */
export function betweenMarks(page: string, name: string, text: string, file: string): string {
  const [begin, end] = [`<!-- ${name}: written by npm run generate -->`, `<!-- end of ${name} -->`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${file} has lost its marks: ${begin} and ${end}`)
  return `${before}${begin}\n\n${text}\n${end}${after}`
}

export function table(head: readonly string[], rows: readonly string[]): string {
  return `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${rows.join('\n')}\n`
}

/** The values that `mode` takes, in a table's cell. */
export const MODES = ['off', 'audit', 'warn', 'enforce'].map((mode) => `\`${mode}\``).join(' \\| ')

/** A field's type in a table's cell. */
export function typeWords(field: OptionField): string {
  if (field.type === 'integer') return `integer ${field.minimum}-${field.maximum}`
  return field.type === 'array' ? 'list of strings' : field.enum.map((choice) => `\`${choice}\``).join(' \\| ')
}
