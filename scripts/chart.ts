// Writes the templates of charts/holdfast that are made from manifests/, and deletes those that nothing makes any more.

import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chartTemplates, HEAD } from './chart/templates.ts'

const CHART = join(import.meta.dirname, '../charts/holdfast')
const TEMPLATES = join(CHART, 'templates')

try {
  const templates = chartTemplates(readFileSync(join(CHART, 'values.yaml'), 'utf8'))
  const stale = globSync('*.yaml', { cwd: TEMPLATES }).filter(
    (name) => !templates.has(name) && readFileSync(join(TEMPLATES, name), 'utf8').startsWith(HEAD)
  )
  for (const name of stale) rmSync(join(TEMPLATES, name))
  for (const [name, text] of templates) writeFileSync(join(TEMPLATES, name), text)
} catch (error) {
  process.stderr.write(`charts/holdfast: ${(error as Error).message}\n`)
  process.exitCode = 1
}
