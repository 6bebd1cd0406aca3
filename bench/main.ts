import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureCheck } from './check.ts'
import { measureCluster, measureConditions } from './cluster.ts'
import { worseRows } from './compare.ts'
import { measureEvaluation } from './evaluation.ts'
import { measureMemory } from './memory.ts'
import { measureOverload } from './overload.ts'
import { plotsOf } from './plots.ts'
import { LAYERS, type Layer, type Report, type Row, type Run } from './row.ts'
import { measureServer } from './server.ts'
import { tableOf } from './table.ts'

const USAGE = `usage: npm run bench -- [--layer LAYER]... [--rounds N] [--reviews N] [--requests N] [--save FILE] [--compare FILE [--threshold RATIO]] [--plot DIRECTORY]
       npm run bench -- --overload

Measures in alternating rounds, at least five, and prints a median with the lowest and the highest round. The layer
memory has one round.

  --layer ${LAYERS.join('|')}
                     may be repeated; default: those that need no cluster
                     cluster and conditions start kube-apiserver from KUBEBUILDER_ASSETS or /usr/local/kubebuilder/bin
  --rounds N         default 5
  --reviews N        reviews of 4 KB in a round of the layer server; default 4000
  --requests N       dry runs in a round of the layers cluster and conditions; default 250, twice that at 8 in flight
  --save FILE        write the run as JSON
  --compare FILE     compare ratios with a saved run; exit code 1 if one of them is higher
  --threshold RATIO  by how much a ratio may be higher; default 1.25
  --plot DIRECTORY   write SVG plots of this run
  --overload         what a server in 256 MiB does under overload; needs root on Linux`

const { values } = parseArgs({
  options: {
    layer: { type: 'string', multiple: true, default: ['evaluation', 'server', 'memory', 'check'] },
    rounds: { type: 'string', default: '5' },
    reviews: { type: 'string', default: '4000' },
    requests: { type: 'string', default: '250' },
    save: { type: 'string' },
    compare: { type: 'string' },
    threshold: { type: 'string', default: '1.25' },
    plot: { type: 'string' },
    overload: { type: 'boolean' },
    help: { type: 'boolean' }
  }
})

const MEASURE: Readonly<Record<Layer, (rounds: number, report: Report) => void | Promise<void>>> = {
  evaluation: measureEvaluation,
  server: (rounds, report) => measureServer(rounds, whole('reviews', values.reviews), report),
  memory: (_rounds, report) => measureMemory(report),
  check: measureCheck,
  cluster: (rounds, report) => measureCluster({ rounds, requests: whole('requests', values.requests) }, report),
  conditions: (rounds, report) => measureConditions({ rounds, requests: whole('requests', values.requests) }, report)
}

function whole(flag: string, text: string, least = 1): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) throw new Error(`--${flag} takes a whole number from ${least}`)
  return number
}

async function measure(): Promise<Run> {
  const unknown = values.layer.find((name) => !LAYERS.some((layer) => layer === name))
  if (unknown !== undefined) throw new Error(`there is no layer ${unknown}, only ${LAYERS.join(', ')}`)
  const rounds = whole('rounds', values.rounds, 5)
  const rows: Row[] = []
  const run = { date: new Date().toISOString().slice(0, 10), node: process.version, rounds, rows }
  const report = (measured: readonly Row[]): void => {
    console.log(tableOf(measured))
    rows.push(...measured)
    if (values.save !== undefined) writeFileSync(values.save, `${JSON.stringify(run, null, 2)}\n`)
  }
  for (const layer of LAYERS.filter((name) => values.layer.includes(name))) await MEASURE[layer](rounds, report)
  return run
}

async function main(): Promise<void> {
  const threshold = Number(values.threshold)
  if (!(threshold >= 1)) throw new Error('--threshold takes a number from 1')
  // Read before anything is measured: a file that is not there need not be told after five minutes.
  const saved = values.compare === undefined ? undefined : (JSON.parse(readFileSync(values.compare, 'utf8')) as Run)
  const run = await measure()
  if (values.plot !== undefined) {
    for (const [file, svg] of plotsOf(run)) writeFileSync(`${values.plot}/${file}`, svg)
  }
  if (saved === undefined) return
  const worse = worseRows(run, saved, threshold)
  for (const { row, before, now } of worse) {
    console.error(`worse: ${row}: × ${now.toFixed(2)}, and × ${before.toFixed(2)} in ${values.compare}`)
  }
  if (worse.length > 0) process.exitCode = 1
}

if (values.help) console.log(USAGE)
else if (values.overload) await measureOverload()
else await main()
