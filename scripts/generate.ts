import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  COMMANDS_FILE,
  commandsPage,
  OPTIONS_FILE,
  REPORT_SCHEMA_FILE,
  reportSchemaText,
  SCHEMA_FILE,
  schemaText,
  withOptions
} from './generated.ts'

const root = join(import.meta.dirname, '..')

writeFileSync(join(root, SCHEMA_FILE), schemaText())
writeFileSync(join(root, REPORT_SCHEMA_FILE), reportSchemaText())
writeFileSync(join(root, COMMANDS_FILE), commandsPage())
writeFileSync(join(root, OPTIONS_FILE), withOptions(readFileSync(join(root, OPTIONS_FILE), 'utf8')))
