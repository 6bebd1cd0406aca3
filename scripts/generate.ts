import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Phase } from '../src/core/subject.ts'
import {
  COMMANDS_FILE,
  commandsPage,
  OPTIONS_FILE,
  README_FILE,
  REPORT_SCHEMA_FILE,
  REPORTS_FILE,
  reportSchemaText,
  SCHEMA_FILE,
  schemaText,
  withFormats,
  withOptions
} from './generated.ts'
import { WEBHOOK_FILES, withMatchConditions } from './match-conditions.ts'

const root = join(import.meta.dirname, '..')

writeFileSync(join(root, SCHEMA_FILE), schemaText())
writeFileSync(join(root, REPORT_SCHEMA_FILE), reportSchemaText())
writeFileSync(join(root, COMMANDS_FILE), commandsPage())
rewrite(OPTIONS_FILE, withOptions)
for (const file of [REPORTS_FILE, README_FILE] as const) rewrite(file, (text) => withFormats(file, text))
for (const phase of ['mutate', 'validate'] as const satisfies Phase[])
  rewrite(WEBHOOK_FILES[phase], (text) => withMatchConditions(text, phase))

function rewrite(file: string, change: (text: string) => string): void {
  const path = join(root, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}
