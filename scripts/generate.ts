import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPTIONS_FILE, SCHEMA_FILE, schemaText, withOptions } from './generated.ts'

const root = join(import.meta.dirname, '..')

writeFileSync(join(root, SCHEMA_FILE), schemaText())
writeFileSync(join(root, OPTIONS_FILE), withOptions(readFileSync(join(root, OPTIONS_FILE), 'utf8')))
