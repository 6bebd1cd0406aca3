// A format of a report is an entry in src/report/formats.ts, and has all that belongs to one.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { GENERATED } from '../../scripts/generated.ts'
import { FORMATS, loadFormat } from '../../src/report/formats.ts'
import { cleanReport } from '../fixtures/reports.ts'
import { holdfast } from '../helpers/command.ts'

const REPORTS_FILE = 'docs/reports.md'

const ROOT = join(import.meta.dirname, '../..')

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Its own file of tests, or that of its directory. */
function testOf(name: string): string | undefined {
  return [`test/report/${name}.test.ts`, `test/report/${name}/${name}.test.ts`].find((file) =>
    existsSync(join(ROOT, file))
  )
}

/** The section of docs/reports.md that the links in its table lead to. */
function sectionOf(name: string): string {
  const sections = read(REPORTS_FILE).split(/^## /m)
  return sections.find((section) => section.split('\n')[0]?.toLowerCase() === name) ?? ''
}

/** A section says at least what it is for, how to get it and what is in it. */
const SHORTEST_SECTION = 300

/** What a format still lacks. */
function lacksOf(name: string): string[] {
  const test = testOf(name)
  return [
    ...(sectionOf(name).length < SHORTEST_SECTION ? [`a section in ${REPORTS_FILE}`] : []),
    ...(test === undefined ? ['a test'] : []),
    ...(test !== undefined && !read(test).includes(`loadFormat('${name}')`) ? ['a test that loads it by its name'] : [])
  ]
}

t.test('every format has its section and its test', async (t) => {
  t.ok(FORMATS.length > 1)
  for (const { name } of FORMATS) t.strictSame(lacksOf(name), [], name)
  t.strictSame(lacksOf('braille'), [`a section in ${REPORTS_FILE}`, 'a test'], 'and the gate sees one that has neither')
})

t.test('and so are the lists that are written by hand', async (t) => {
  for (const { name } of FORMATS) {
    t.ok(read('docs/configuration.md').includes(`\`${name}\``), `docs/configuration.md: ${name}`)
    t.match(read('docs/ci.md'), new RegExp(`-o ${name}\\b`), `docs/ci.md: ${name}`)
  }
})

t.test('every format is listed where a reader looks for one', async (t) => {
  for (const file of [REPORTS_FILE, 'README.md']) {
    const generated = GENERATED.find((one) => one.file === file)
    t.equal(generated?.write(read(file)), read(file), `${file}: npm run generate writes it`)
    for (const { name } of FORMATS) t.ok(read(file).includes(`#${name}) |`), `${file}: a row for ${name}`)
  }
  for (const command of ['check', 'scan']) {
    const { stdout } = await holdfast(command, '--help')
    for (const { name, description } of FORMATS) {
      t.match(stdout, new RegExp(`^  ${name} +`, 'm'), `${command} --help: ${name}`)
      t.ok(stdout.includes(description), `${command} --help: ${description}`)
    }
  }
})

t.test('every format can be loaded, and writes something', async (t) => {
  for (const { name, description } of FORMATS) {
    t.notMatch(description, /\.$/, name)
    const write = await loadFormat(name)
    t.match(write(cleanReport(), { colour: false, width: 80 }), /\n$/, name)
  }
})
