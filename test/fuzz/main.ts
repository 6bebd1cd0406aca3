// npm run fuzz -- [--cases N] [--seed S] [--first NUMBER] [--most N] | --case FILE: generated reviews and manifests, and
// what has to be true whatever they say.

import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Failure, faultsOf, fuzz } from './run.ts'
import { Tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    most: { type: 'string', default: '10' },
    case: { type: 'string' }
  }
})

const { seed } = values
const cases = Number(values.cases)
if (values.case === undefined) await run()
else await replay(values.case)

async function run(): Promise<void> {
  const begin = process.cpuUsage()
  const tally = new Tally()
  const failures = await fuzz({
    ...{ cases, seed, first: Number(values.first), most: Number(values.most) },
    tally,
    failed,
    done: (number) => {
      if (number % 50_000 === 0) console.error(`${number} of ${cases} cases, ${seconds(begin)} s of CPU`)
    }
  })
  console.log(`${cases} cases with the seed ${seed}: ${failures} failed, ${seconds(begin)} s of CPU`)
  console.log(tally.inWords)
  console.log(`at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB resident`)
  if (failures > 0) process.exitCode = 1
}

function seconds(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin)
  return Math.round((user + system) / 1e6)
}

function failed({ number, faults, smallest }: Failure): void {
  const file = join(tmpdir(), `holdfast-fuzz-${seed}-${number}.json`)
  writeFileSync(file, JSON.stringify(smallest, null, 2))
  console.log(`case ${number} of the seed ${seed}: ${faults[0]?.slice(0, 2000)}`)
  console.log(`  to repeat it: npm run fuzz -- --case ${file}`)
}

async function replay(file: string): Promise<void> {
  const faults = await faultsOf(JSON.parse(readFileSync(file, 'utf8')))
  for (const fault of faults) console.log(fault)
  console.log(`${faults.length} properties are broken`)
  if (faults.length > 0) process.exitCode = 1
}
