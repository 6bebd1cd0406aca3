import type { Command } from 'commander'
import { createProgram } from '../src/commands/program.ts'
import { configurationSchema } from '../src/config/schema.ts'
import type { OptionField } from '../src/core/options.ts'
import { POLICIES } from '../src/policies/index.ts'
import { FORMATS } from '../src/report/formats.ts'
import { reportSchema } from '../src/report/json-schema.ts'

/**
 * What is written into the documentation from what the code declares: `npm run generate` writes it, and a test compares.
 */

export const SCHEMA_FILE = 'docs/configuration.schema.json'
export const REPORT_SCHEMA_FILE = 'docs/report.schema.json'
export const OPTIONS_FILE = 'docs/configuration.md'
export const COMMANDS_FILE = 'docs/commands.md'
export const REPORTS_FILE = 'docs/reports.md'
export const README_FILE = 'README.md'

export function schemaText(): string {
  return `${JSON.stringify(configurationSchema(POLICIES), null, 2)}\n`
}

export function reportSchemaText(): string {
  return `${JSON.stringify(reportSchema(), null, 2)}\n`
}

/** The page with the table of all options of all policies between its two marks. */
export function withOptions(page: string): string {
  return withPart(page, 'options', optionsTable())
}

/** A page with the table of all formats of a report between its two marks. */
export function withFormats(file: typeof REPORTS_FILE | typeof README_FILE, page: string): string {
  const sections = file === REPORTS_FILE ? '' : REPORTS_FILE
  const rows = FORMATS.map(({ name, description }) => `| [\`${name}\`](${sections}#${name}) | ${description} |`)
  return withPart(page, 'formats', `| format | |\n|---|---|\n${rows.join('\n')}\n`)
}

/** The page with a text between the two marks of a part. */
function withPart(page: string, part: string, text: string): string {
  const [begin, end] = [`<!-- ${part}: written by npm run generate -->`, `<!-- end of ${part} -->`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`a page has lost its marks: ${begin}`)
  return `${before}${begin}\n\n${text}\n${end}${after}`
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

/** A terminal may be wider or narrower; a page is not. */
const HELP_WIDTH = 100

/** The page with what `--help` says of each command. */
export function commandsPage(): string {
  const program = createProgram()
  const sections = [program, ...program.commands].map((command) => {
    const name = command === program ? 'holdfast' : `holdfast ${command.name()}`
    return `## ${name}\n\n\`\`\`text\n${helpOf(command).trimEnd()}\n\`\`\`\n`
  })
  return `# Commands\n\n${COMMANDS_INTRODUCTION}\n${sections.join('\n')}`
}

const COMMANDS_INTRODUCTION = `<!-- written by npm run generate -->

What \`--help\` says. [Configuration](configuration.md) says more about the flags.
`

/** As a user sees it, the examples behind the flags included, and whatever the environment is. */
export function helpOf(command: Command): string {
  let text = ''
  const writeOut = (part: string): void => {
    text += part
  }
  command.configureOutput({ writeOut, getOutHelpWidth: () => HELP_WIDTH, getOutHasColors: () => false })
  command.outputHelp()
  return text
}
