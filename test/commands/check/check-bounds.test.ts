// What a run says is bounded by what it reads, and what there is no room for is counted. In characters and counts, not in time.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { FORMATS } from '../../../src/report/formats.ts'
import type { Report } from '../../../src/report/report.ts'
import { claimTemplate, container, pushgateway, statefulSet } from '../../fixtures/objects.ts'
import { prometheus } from '../../fixtures/prometheus.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'

t.setTimeout(240_000)

const json = (...objects: readonly JsonObject[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n')

/** A StatefulSet without any resources, and Lists that stand for it again and again. */
function listsOfLists(levels: number): string {
  const spec = '{replicas: 2, template: {spec: {containers: [{name: p, image: prom/prometheus}]}}}'
  const lines = [`- &a {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: p}, spec: ${spec}}`]
  for (let level = 1; level <= levels; level++) {
    const [name, inner] = ['abcdefgh'[level], 'abcdefgh'[level - 1]]
    lines.push(`- &${name} {apiVersion: v1, kind: List, items: [${Array(8).fill(`*${inner}`).join(', ')}]}`)
  }
  return `apiVersion: v1\nkind: List\nitems:\n${lines.join('\n')}\n`
}

/** A Deployment whose containers are one, by aliases. */
function manyContainers(number: number): string {
  const containers = [
    '&c {name: p, image: prom/prometheus, args: [--storage.tsdb.no-lockfile]}',
    ...Array(number - 1).fill('*c')
  ]
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: p}
spec: {replicas: 2, template: {spec: {containers: [${containers.join(', ')}]}}}
`
}

const [LONG, BROKEN] = ['x'.repeat(1_000_000), 'a: b: c\n']

interface Case {
  readonly name: string
  readonly before?: string
  readonly after: string
  /** Findings that are listed, and all that there are. */
  readonly findings?: readonly [listed: number, all: number]
  readonly problems?: number
  readonly notes?: readonly RegExp[]
  readonly code: number
}

const twins = (replicas: number, number: number): JsonObject[] =>
  Array.from({ length: number }, (_, at) => statefulSet({ name: 'twin', spec: { replicas: replicas + at } }))

/** Two replicas that stand alone. */
const PART = /not evaluated.*: the input contains no Service/

const cases: readonly Case[] = [
  {
    name: 'Lists of Lists of one object: 565 bytes for 37,449 of it',
    after: listsOfLists(5),
    findings: [0, 0],
    problems: 1,
    notes: [],
    code: 2
  },
  {
    name: 'an object that aliases stand for',
    after: listsOfLists(2),
    findings: [5, 5],
    notes: [/after\.yaml:1: objects behind 16 aliases are checked once$/, PART],
    code: 0
  },
  {
    name: 'a thousand containers',
    after: manyContainers(1000),
    findings: [100, 5001],
    notes: [PART, /^4901 findings of 1 object not listed: of an object, and of its Pods, a report lists 100\.$/],
    code: 0
  },
  {
    name: 'a refusal behind many warnings',
    after: json(
      prometheus({
        replicas: 2,
        pod: {
          containers: [
            ...Array.from({ length: 60 }, (_, at) => container(`c${at}`, 'prom/prometheus')),
            container('last', 'prom/prometheus', {
              args: ['--storage.tsdb.path=/data'],
              volumeMounts: [{ name: 'storage', mountPath: '/data' }],
              resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } }
            })
          ]
        }
      })
    ),
    findings: [100, 242],
    notes: [PART, /^142 findings of 1 object not listed/],
    code: 1
  },
  {
    name: 'names of a megabyte',
    after: json(
      prometheus({
        metadata: { name: LONG, namespace: LONG },
        container: { name: LONG, resources: {} },
        volumes: [],
        mounts: [{ name: LONG, mountPath: `/${LONG}` }]
      })
    ),
    findings: [4, 4],
    code: 0
  },
  {
    name: 'keys and values of a megabyte',
    before: json(statefulSet({ selector: { [LONG]: 'a' }, templates: [claimTemplate({ labels: { [LONG]: 'a' } })] })),
    after: json(statefulSet({ selector: { [LONG]: 'b' }, templates: [claimTemplate({ labels: { [LONG]: LONG } })] })),
    findings: [2, 2],
    code: 1
  },
  {
    name: 'documents that cannot be read',
    after: Array(3000).fill(BROKEN).join('---\n'),
    problems: 1000,
    notes: [/^2000 more problems not listed\.$/],
    code: 2
  },
  {
    name: 'objects that could be any of many',
    before: json(...twins(1, 300)),
    after: json(...twins(1000, 300)),
    problems: 300,
    code: 2
  },
  {
    name: 'StatefulSets that are gone',
    before: json(...Array.from({ length: 1500 }, (_, at) => statefulSet({ name: `gone-${at}` }))),
    after: json(statefulSet({ name: 'new' })),
    notes: [...Array(1000).fill(/is gone after this/), /^500 more notes not listed\.$/],
    code: 0
  }
]

/** Of a page without findings, and of what a report says besides them. */
const ROOM = 100_000

t.test('reports', async (t) => {
  for (const { name, before, after, findings, problems = 0, notes, code } of cases) {
    const directory = filesIn({ 'after.yaml': after, ...(before !== undefined && { 'before.yaml': before }) })
    const file = (format: string): string => join(directory, `report.${format}`)
    const run = await holdfast(
      'check',
      ...(before === undefined ? [] : [`--previous=${join(directory, 'before.yaml')}`]),
      ...FORMATS.map((format) => `--output=${format.name}=${file(format.name)}`),
      join(directory, 'after.yaml')
    )
    t.equal(run.code, code, `${name}: ${run.stderr}`)
    const report = JSON.parse(readFileSync(file('json'), 'utf8')) as Report & {
      readonly counts: Record<string, number>
    }
    const listed = report.objects.flatMap((object) => object.findings).length
    const all = Object.values(report.counts).reduce((sum, value) => sum + value, 0)
    if (findings !== undefined) t.strictSame([listed, all], findings, `${name}: findings`)
    t.equal(report.problems.length, problems, `${name}: problems`)
    if (notes !== undefined) {
      t.equal(report.notes.length, notes.length, `${name}: ${report.notes.slice(0, 5).join('\n')}`)
      for (const [index, note] of notes.entries()) t.match(report.notes[index], note, name)
    }
    // Each format says the same once or twice.
    const said = listed * 3000 + (report.problems.length + report.notes.length) * 1500
    for (const format of FORMATS) {
      const { size } = statSync(file(format.name))
      t.ok(size < ROOM + said, `${name}: ${format.name} has ${size} bytes`)
    }
    const longest = Math.max(...textsIn(report).map(({ length }) => length))
    t.ok(longest <= 16_384, `${name}: no text has more than ${longest} characters`)
  }
})

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

t.test('--fix', async (t) => {
  const gateway = JSON.stringify(pushgateway({ env: [{ name: 'A', value: 'x'.repeat(3000) }] }))
  const fixed = async (text: string): ReturnType<typeof holdfast> =>
    holdfast('check', '--fix', '--kubernetes-version=1.36', join(filesIn({ 'a.yaml': text }), 'a.yaml'))
  const apart = `x: &c ${gateway}\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n`
  const few = await fixed(`${apart}${'  - *c\n'.repeat(5)}`)
  t.equal(few.code, 0, few.stderr)
  t.equal(few.stdout.match(/preStop/g)?.length, 5, 'a few aliases are written out')
  const text = `${apart}${'  - *c\n'.repeat(80)}`
  const many = await fixed(text)
  t.equal(many.stdout, text, 'and many are not')
  t.match(many, { code: 2, stderr: /its aliases, written out, would make it more than twice as long/ })
})

t.test('explain-upgrade', async (t) => {
  const sets = (size: string): string =>
    json(
      ...Array.from({ length: 250 }, (_, at) => {
        const templates = Array.from({ length: at === 0 ? 40 : 1 }, (_, index) =>
          claimTemplate({ name: `t${index}`, size })
        )
        return statefulSet({ name: `p${at}`, templates, selector: { app: LONG.slice(0, 5000) } })
      })
    )
  const directory = filesIn({ 'old.yaml': sets('1Gi'), 'new.yaml': sets('2Gi') })
  const run = await holdfast(
    'explain-upgrade',
    `--previous=${join(directory, 'old.yaml')}`,
    join(directory, 'new.yaml')
  )
  t.equal(run.code, 1)
  t.ok(run.stdout.length < 200 * 8000, `${run.stdout.length} characters`)
  t.equal(run.stdout.match(/^StatefulSet /gm)?.length, 200)
  t.match(run.stdout, /\n50 more StatefulSets not listed: compare fewer files at once\.\n$/)
  t.match(run.stdout, '8 more templates have a larger size.')
  t.match(run.stdout, /t15-p0-0\s+and\s+24\s+more\./)
  const broken = await holdfast(
    'explain-upgrade',
    `--previous=${join(directory, 'old.yaml')}`,
    join(filesIn({ 'a.yaml': Array(1200).fill(BROKEN).join('---\n') }), 'a.yaml')
  )
  t.equal(broken.stderr.split('\n').length, 1002)
  t.match(broken.stderr, /\nholdfast: 200 more problems not listed\n$/)
})
