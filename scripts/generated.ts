import { configurationSchema } from '../src/config/schema.ts'
import type { OptionField } from '../src/core/options.ts'
import { POLICIES } from '../src/policies/index.ts'

/**
 * What is written into the documentation from what the policies declare: `npm run generate` writes it, and a test
 * compares.
 */

export const SCHEMA_FILE = 'docs/configuration.schema.json'
export const OPTIONS_FILE = 'docs/configuration.md'

const BEGIN = '<!-- options: written by npm run generate -->'
const END = '<!-- end of options -->'

export function schemaText(): string {
  return `${JSON.stringify(configurationSchema(POLICIES), null, 2)}\n`
}

/** The page with the table of all options of all policies between its two marks. */
export function withOptions(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`${OPTIONS_FILE} has lost its marks`)
  return `${before}${BEGIN}\n\n${optionsTable()}\n${END}${after}`
}

function optionsTable(): string {
  const rows = POLICIES.flatMap(({ id, defaultMode, options }) => {
    const mode = `| [\`${id}\`](policies/${id}.md) | \`mode\` | ${MODE} | \`"${defaultMode}"\` | How far this policy goes. |`
    const own = Object.entries(options).map(
      ([name, field]) =>
        `| | \`${name}\` | ${typeWords(field)} | \`${JSON.stringify(field.default)}\` | ${field.description} |`
    )
    return [mode, ...own]
  })
  return `| policy | field | type | default | description |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

const MODE = ['off', 'audit', 'warn', 'enforce'].map((mode) => `\`${mode}\``).join(' \\| ')

/** A field's type in a table's cell. */
export function typeWords(field: OptionField): string {
  if (field.type === 'integer') return `integer ${field.minimum}-${field.maximum}`
  return field.type === 'array' ? 'list of strings' : field.enum.map((choice) => `\`${choice}\``).join(' \\| ')
}
