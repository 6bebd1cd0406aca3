import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { GENERATED, helpOf } from '../../scripts/generated.ts'
import { createProgram } from '../../src/commands/cli.ts'
import { ERRORS } from '../../src/errors.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { createRotationMetrics } from '../../src/server/rotation-metrics.ts'

const ROOT = join(import.meta.dirname, '../..')

const PAGES = globSync(['*.md', '{.github,certs,charts,docs,manifests,test}/**/*.md'], { cwd: ROOT })

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

t.test('docs/configuration.md lists every flag with its environment variable and its default', async (t) => {
  const page = read('docs/configuration.md')
  const { commands } = createProgram()
  for (const command of commands.filter(({ options }) => options.length > 0)) {
    const [, section = ''] = page.split(`\n## Flags of \`holdfast ${command.name()}\`\n`)
    const rows = (section.split('\n## ')[0] as string).split('\n').filter((line) => line.startsWith('| `-'))
    t.equal(rows.length, command.options.length, `${command.name()}: a row for each`)
    for (const { long, envVar, defaultValue, defaultValueDescription } of command.options) {
      const row = rows.find((line) => new RegExp(`[\`\\s]${long}[\`\\s]`).test(line))
      t.ok(row?.includes(envVar === undefined ? '| – |' : `\`${envVar}\``), `${long} and ${envVar}`)
      const value = defaultValueDescription ?? defaultValue
      if (value !== undefined) t.ok(row?.includes(`| \`${value}\` |`), `${command.name()} ${long}: ${value}`)
    }
  }
  const documented = [...page.matchAll(/`(HOLDFAST_[A-Z_]+)`/g)].map(([, name]) => name)
  const variables = commands.flatMap(({ options }) => options.flatMap(({ envVar }) => envVar ?? []))
  t.strictSame([...new Set(documented)].sort(), [...new Set(variables)].sort(), 'and no other variable')
})

t.test('what is generated is what stands there: npm run generate writes it', async (t) => {
  t.ok(GENERATED.length > 8)
  for (const { file, write } of GENERATED) {
    const present = read(file)
    t.equal(present, write(present), file)
  }
})

t.test('the help of every command ends in examples, and each of them can be run', async (t) => {
  for (const { name, lines } of examplesByCommand()) {
    t.ok(lines.length > 0, `${name} has examples`)
    t.ok(
      lines.some((line) => line.includes(`holdfast ${name}`)),
      `${name}: they are about it`
    )
    for (const line of lines) t.doesNotThrow(() => parse(line), line)
  }
  for (const line of [
    'holdfast conquer',
    'holdfast serve --nonsense',
    'holdfast serve --port=x',
    'holdfast completion'
  ])
    t.throws(() => parse(line), `the gate sees what is wrong with ${line}`)
})

/** What stands four columns in below "Examples:", which is where the rest of a help text never stands. */
function examplesByCommand(): { name: string; lines: string[] }[] {
  return createProgram().commands.map((command) => {
    const [, examples = ''] = helpOf(command).split('\nExamples:\n')
    return { name: command.name(), lines: [...examples.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line) }
  })
}

/** Parses each call of holdfast in a line of shell, and runs none. */
function parse(line: string): void {
  const calls = [...line.matchAll(/\bholdfast((?: +[^\s|<>()]+)+)/g)].map(([, words = '']) => words.trim().split(/ +/))
  if (calls.length === 0) throw new Error(`${line}: nothing of ours`)
  for (const words of calls) {
    const program = createProgram()
    for (const command of program.commands) command.action(() => {}).configureOutput({ writeErr: () => {} })
    program.configureOutput({ writeErr: () => {} }).parse(words, { from: 'user' })
  }
}

t.test('every command of holdfast on a page can be run', async (t) => {
  const commands = PAGES.flatMap((page) => commandsOn(page).map((line) => ({ page, line })))
  t.ok(commands.length > 50)
  for (const { page, line } of commands) t.doesNotThrow(() => parse(line), `${page}: ${line}`)
})

/** Of the indented blocks of a page, the calls of holdfast with which a line or a part of a pipe begins. */
function commandsOn(page: string): string[] {
  const script = [...read(page).matchAll(/^ {4}(.*)$/gm)]
    .map(([, line]) => line)
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
  return [...script.matchAll(/(?:^|[|;&] *)(holdfast +[a-z-]+[^|;&#\n]*)/gm)].map(([, call = '']) => call)
}

t.test('docs/metrics.md lists every metric of ours', async (t) => {
  const page = read('docs/metrics.md')
  const registries = [createMetrics(POLICIES).registry, createRotationMetrics().registry]
  const metrics = (await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()))).flat()
  const ours = metrics.map(({ name }) => name).filter((name) => name.startsWith('holdfast_'))
  t.ok(ours.length > 13)
  for (const name of ours) t.ok(page.includes(`| \`${name}\``), name)
})

t.test('links between files lead somewhere', async (t) => {
  for (const file of PAGES) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      t.ok(existsSync(join(ROOT, dirname(file), target)), `${file} → ${target}`)
    }
  }
})

t.test('a link to a heading names one that is there', async (t) => {
  const links = PAGES.flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)#:\s]*)#([^)\s]+)\)/g)].map(([, target = '', anchor = '']) => ({
      file,
      page: target === '' ? file : join(dirname(file), target),
      anchor
    }))
  )
  t.ok(links.length > 50)
  for (const { file, page, anchor } of links) t.ok(anchorsOf(page).has(anchor), `${file} → ${page}#${anchor}`)
})

/** What GitHub makes of the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = read(page)
    .replaceAll(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-')
    )
  )
}
