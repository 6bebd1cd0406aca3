import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { CHART_VERSIONS, chartStatefulSet } from '../test/fixtures/pushgateway-chart.ts'

const FILES = 3000
const ROUNDS = 5

interface Cost {
  /** Microseconds. */
  readonly cpu: number
  /** Bytes. */
  readonly peak: number
}

/** `holdfast check` over a directory of rendered charts, beside a program that only parses them. */
export async function measureCheck(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    const bytes = writeCharts(directory)
    const holdfast = fileURLToPath(new URL('../bin/holdfast.cjs', import.meta.url))
    const parse = fileURLToPath(new URL('parse.ts', import.meta.url))
    const costs: Record<'parse' | 'check', Cost[]> = { parse: [], check: [] }
    for (let round = 0; round < ROUNDS; round++) {
      costs.parse.push(await run([parse, directory]))
      costs.check.push(await run([holdfast, 'check', directory]))
    }
    // The same directory again and again: what is read is forgotten, and without a finding nothing is kept.
    const times = (count: number): string[] => ['check', '--mode=off', ...Array<string>(count).fill(directory)]
    const [few, many] = [await run([holdfast, ...times(2)]), await run([holdfast, ...times(8)])]
    const [base, own] = [least(costs.parse), least(costs.check)]
    console.log(`holdfast check, ${FILES} files, ${(bytes / 1e6).toFixed(1)} MB of YAML:`)
    console.log(`  only parsing ${speed(bytes, base)}`)
    console.log(
      `  check        ${speed(bytes, own)}  × ${(own.cpu / base.cpu).toFixed(2)}, peak ${mega(own)} MB with a finding in most files`
    )
    console.log(
      `  memory       peak ${mega(few)} MB for ${2 * FILES} files without findings, ${mega(many)} MB for ${8 * FILES}`
    )
    console.log()
  } finally {
    rmSync(directory, { recursive: true })
  }
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
    const folder = join(directory, String(index % 50))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${index}.yaml`), content)
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

function least(costs: readonly Cost[]): Cost {
  return costs.reduce((best, cost) => (cost.cpu < best.cpu ? cost : best))
}

function speed(bytes: number, { cpu }: Cost): string {
  return `${(bytes / cpu).toFixed(1)} MB a second of CPU`
}

function mega({ peak }: Cost): string {
  return (peak / 1e6).toFixed(0)
}
