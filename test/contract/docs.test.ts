import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, type Option } from 'commander'
import t from 'tap'
import { OPTIONS_FILE, SCHEMA_FILE, schemaText, withOptions } from '../../scripts/generated.ts'
import { addCertsCommand } from '../../src/commands/certs.ts'
import { addPoliciesCommand } from '../../src/commands/policies.ts'
import { addServeCommand } from '../../src/commands/serve.ts'
import { ERRORS } from '../../src/errors.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { createMetrics } from '../../src/server/metrics.ts'

const ROOT = join(import.meta.dirname, '../..')

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

t.test('docs/errors.md lists every code, and no other, with its status and its help', async (t) => {
  const page = read('docs/errors.md')
  const rows = page.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line))
  t.strictSame(rows.map((row) => /`([A-Z_]+)`/.exec(row)?.[1]).sort(), Object.keys(ERRORS).sort())
  for (const [code, error] of Object.entries(ERRORS)) {
    const row = rows.find((line) => line.startsWith(`| \`${code}\` |`)) ?? ''
    t.ok(row.includes(String('status' in error ? error.status : error.exit)), `${code}: status or exit code`)
    t.ok(row.includes(error.help), `${code}: help`)
  }
})

t.test('docs/configuration.md lists every flag with its environment variable', async (t) => {
  const page = read('docs/configuration.md')
  const program = new Command()
  for (const add of [addServeCommand, addCertsCommand, addPoliciesCommand]) add(program)
  const options: readonly Option[] = program.commands.flatMap((command) => command.options)
  t.ok(options.length > 15)
  for (const { long, envVar } of options) {
    const row = page.split('\n').find((line) => line.startsWith('|') && new RegExp(`[\`\\s]${long}[\`\\s]`).test(line))
    t.ok(row?.includes(envVar === undefined ? '| – |' : `\`${envVar}\``), `${long} and ${envVar}`)
  }
  const documented = [...page.matchAll(/`(HOLDFAST_[A-Z_]+)`/g)].map(([, name]) => name)
  t.strictSame(
    [...new Set(documented)].sort(),
    [...new Set(options.flatMap(({ envVar }) => envVar ?? []))].sort(),
    'and no other variable'
  )
})

t.test('what is generated is what stands there: npm run generate writes it', async (t) => {
  t.equal(read(SCHEMA_FILE), schemaText(), SCHEMA_FILE)
  const page = read(OPTIONS_FILE)
  t.equal(page, withOptions(page), OPTIONS_FILE)
})

t.test('docs/metrics.md lists every metric of ours', async (t) => {
  const page = read('docs/metrics.md')
  const metrics = await createMetrics(POLICIES).registry.getMetricsAsJSON()
  const ours = metrics.map(({ name }) => name).filter((name) => name.startsWith('holdfast_'))
  t.ok(ours.length > 6)
  for (const name of ours) t.ok(page.includes(`| \`${name}\``), name)
})

t.test('README.md lists every policy with a link to its page', async (t) => {
  const readme = read('README.md')
  for (const { id } of POLICIES) t.ok(readme.includes(`(docs/policies/${id}.md)`), id)
})

t.test('links between files lead somewhere', async (t) => {
  for (const file of globSync(['*.md', 'docs/**/*.md', 'manifests/**/*.md', 'certs/*.md'], { cwd: ROOT })) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      t.ok(existsSync(join(ROOT, dirname(file), target)), `${file} → ${target}`)
    }
  }
})
