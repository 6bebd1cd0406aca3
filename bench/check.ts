import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { CHART_VERSIONS, chartStatefulSet } from '../test/fixtures/pushgateway-chart.ts'
import { type Report, type Row, rowsOf } from './row.ts'

const FILES = 3000

interface Cost {
  /** Microseconds. */
  readonly cpu: number
  /** Bytes. */
  readonly peak: number
}

const HOLDFAST = fileURLToPath(new URL('../bin/holdfast.cjs', import.meta.url))
const PARSE = fileURLToPath(new URL('parse.ts', import.meta.url))

/** `holdfast check` over directories of YAML, beside a program that only parses them. */
export async function measureCheck(rounds: number, report: Report): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const [charts, mixed] = [join(directory, 'charts'), join(directory, 'mixed')]
  try {
    report(await compare('rendered charts, a finding in most', charts, writeCharts(charts), rounds))
    // The same directory again and again: what is read is forgotten, and without a finding nothing is kept.
    const times = (count: number): string[] => ['check', '--mode=off', ...Array<string>(count).fill(charts)]
    const [few, many] = [await run([HOLDFAST, ...times(2)]), await run([HOLDFAST, ...times(8)])]
    const peaks = new Map([
      [`${2 * FILES} files`, [few.peak / 1e6]],
      [`${8 * FILES} files`, [many.peak / 1e6]]
    ])
    report(rowsOf({ layer: 'check', name: 'peak memory without findings', unit: 'MB' }, peaks))
    report(await compare('one object a file', mixed, writeMixed(mixed), rounds))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function compare(what: string, directory: string, bytes: number, rounds: number): Promise<Row[]> {
  const [parse, check]: [Cost[], Cost[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    parse.push(await run([PARSE, directory]))
    check.push(await run([HOLDFAST, 'check', directory]))
  }
  const name = `${FILES} files, ${(bytes / 1e6).toFixed(1)} MB (${what})`
  const of = (pick: (cost: Cost) => number) =>
    new Map([
      ['js-yaml alone', parse.map(pick)],
      ['holdfast check', check.map(pick)]
    ])
  return [
    ...rowsOf(
      { layer: 'check', name, unit: 'ms' },
      of(({ cpu }) => cpu / 1000)
    ),
    ...rowsOf(
      { layer: 'check', name, unit: 'MB' },
      of(({ peak }) => peak / 1e6)
    )
  ]
}

/** What a repository holds besides workloads. */
const MIXED = [
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'ServiceAccount'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['monitoring.coreos.com/v1', 'ServiceMonitor'],
  ['monitoring.coreos.com/v1', 'PrometheusRule'],
  ['batch/v1', 'CronJob']
] as const

function writeMixed(directory: string): number {
  let bytes = 0
  for (let index = 0; index < FILES; index++) {
    const [apiVersion, kind] = MIXED[index % MIXED.length] as (typeof MIXED)[number]
    const items = Array.from({ length: 40 }, (_, at) => ({ name: `item-${at}`, value: `of ${kind} ${index}`, at }))
    const content = stringify({ apiVersion, kind, metadata: { name: `object-${index}` }, spec: { items } })
    write(directory, index, content)
    bytes += content.length
  }
  return bytes
}

function write(directory: string, index: number, content: string): void {
  const folder = join(directory, String(index % 50))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${index}.yaml`), content)
}

/** Each file is a chart as Helm renders it: a StatefulSet, and what stands around it. */
function writeCharts(directory: string): number {
  let bytes = 0
  for (let index = 0; index < FILES; index++) {
    const version = CHART_VERSIONS[index % CHART_VERSIONS.length] as string
    const around = ['ServiceAccount', 'Service', 'ConfigMap', 'NetworkPolicy', 'ServiceMonitor'].map((kind) => ({
      apiVersion: 'v1',
      kind,
      metadata: { name: `release-${index}`, labels: { 'app.kubernetes.io/version': version } },
      data: Object.fromEntries(
        Array.from({ length: 20 }, (_, line) => [`key-${line}`, `value ${line} of release ${index}`])
      )
    }))
    const content = [chartStatefulSet(version), ...around]
      .map((object) => `---\n# Source: chart/templates/x.yaml\n${stringify(object, { aliasDuplicateObjects: false })}`)
      .join('')
    write(directory, index, content)
    bytes += content.length
  }
  return bytes
}

async function run(args: readonly string[]): Promise<Cost> {
  const preload = new URL('at-exit.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe']
  })
  return JSON.parse(await text(child.stdio[3] as NodeJS.ReadableStream)) as Cost
}
