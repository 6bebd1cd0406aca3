import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { createProgram } from '../src/commands/cli.ts'
import { configurationSchema } from '../src/config/schema.ts'
import { doctorSchema } from '../src/doctor/doctor-json.ts'
import { POLICIES } from '../src/policies/index.ts'
import { FORMATS } from '../src/report/formats.ts'
import { reportSchema } from '../src/report/json-schema.ts'
import { MONITORING_FILE, withAlerts } from './alerts.ts'
import { valuesTable, withVersion } from './chart/documents.ts'
import { valuesSchemaText } from './chart/schema.ts'
import { dashboardText } from './dashboard.ts'
import { betweenMarks, MODES, table, typeWords } from './markdown.ts'
import { pageFile, withDeclarations, withPolicyRows } from './policy-pages.ts'
import { WEBHOOK_FILES, withMatchConditions } from './webhook-files.ts'

const OPTIONS_FILE = 'docs/configuration.md'
const REPORTS_FILE = 'docs/reports.md'
const README_FILE = 'README.md'
const CHART_README_FILE = 'charts/holdfast/README.md'
const VALUES_FILE = new URL('../charts/holdfast/values.yaml', import.meta.url)

/** A file that is written, as a whole or in parts, from what the code declares. */
export interface Generated {
  /** From the root of the repository. */
  readonly file: string
  /** What should stand there, given what does. */
  readonly write: (present: string) => string
}

/** `npm run generate` writes them, and a test compares. */
export const GENERATED: readonly Generated[] = [
  { file: 'docs/configuration.schema.json', write: schemaText },
  { file: 'docs/report.schema.json', write: reportSchemaText },
  { file: 'docs/doctor.schema.json', write: doctorSchemaText },
  { file: 'manifests/components/monitoring/holdfast.json', write: dashboardText },
  { file: MONITORING_FILE, write: withAlerts },
  { file: 'docs/commands.md', write: commandsPage },
  { file: OPTIONS_FILE, write: (page) => betweenMarks(page, 'options', optionsTable(), OPTIONS_FILE) },
  { file: WEBHOOK_FILES.mutate, write: (file) => withMatchConditions(file, 'mutate') },
  { file: WEBHOOK_FILES.validate, write: (file) => withMatchConditions(file, 'validate') },
  { file: REPORTS_FILE, write: (page) => withFormats(page, REPORTS_FILE) },
  { file: README_FILE, write: (page) => withFormats(withPolicyRows(page), README_FILE) },
  { file: 'charts/holdfast/Chart.yaml', write: withVersion },
  { file: 'charts/holdfast/values.schema.json', write: valuesSchemaText },
  {
    file: CHART_README_FILE,
    write: (page) => betweenMarks(page, 'values', valuesTable(readFileSync(VALUES_FILE, 'utf8')), CHART_README_FILE)
  },
  ...POLICIES.map((policy) => ({
    file: pageFile(policy.id),
    write: (page: string) => withDeclarations(page, policy)
  }))
]

function schemaText(): string {
  return `${JSON.stringify(configurationSchema(POLICIES), null, 2)}\n`
}

function reportSchemaText(): string {
  return `${JSON.stringify(reportSchema(), null, 2)}\n`
}

function doctorSchemaText(): string {
  return `${JSON.stringify(doctorSchema(), null, 2)}\n`
}

/** A page with the table of all formats of a report between its two marks. */
function withFormats(page: string, file: string): string {
  const sections = file === REPORTS_FILE ? '' : REPORTS_FILE
  const rows = FORMATS.map(({ name, description }) => `| [\`${name}\`](${sections}#${name}) | ${description} |`)
  return betweenMarks(page, 'formats', `| format | |\n|---|---|\n${rows.join('\n')}\n`, file)
}

function optionsTable(): string {
  const rows = POLICIES.flatMap(({ id, defaultMode, options }) => {
    const mode = `| [\`${id}\`](policies/${id}.md) | \`mode\` | ${MODES} | \`"${defaultMode}"\` | The mode of this policy, up to the ceilings. |`
    const own = Object.entries(options).map(
      ([name, field]) =>
        `| | \`${name}\` | ${typeWords(field)} | \`${JSON.stringify(field.default)}\` | ${field.description} |`
    )
    return [mode, ...own]
  })
  return table(['policy', 'field', 'type', 'default', 'description'], rows)
}

/** A terminal may be wider or narrower; a page is not. */
const HELP_WIDTH = 100

/** The page with what `--help` says of each command. */
function commandsPage(): string {
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
