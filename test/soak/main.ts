// npm run test:soak -- [--minutes N] [--seed S] [--json FILE]: two real servers under a container's memory limit, behind a
// balancer, with good, hostile and huge reviews, while one fault after the other happens to them.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runSoak, type SoakReport } from './run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now()) },
    json: { type: 'string' }
  }
})

console.log(`soak: ${values.minutes} minutes, seed ${values.seed}, Node.js ${process.version}`)
const report = await runSoak({ minutes: Number(values.minutes), seed: values.seed })
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
print(report)
const [first] = report.violations
if (first !== undefined) {
  console.log(`soak failed with seed ${report.seed}: ${first}`)
  process.exitCode = 1
}

function print({ counts, faults, flat, memory, cpu, violations }: SoakReport): void {
  row('reviews and connections')
  for (const [name, number] of Object.entries(counts).sort()) row(name, number)
  row('faults')
  for (const [name, number] of Object.entries(faults).sort()) row(name, number)
  row('steady replica: median of the last quarter, maximum, growth over the quarter before')
  for (const { what, last, most, growth } of flat) {
    const share = growth === undefined ? 'the run is too short to tell' : `${(growth * 100).toFixed(1)} %`
    row(what, `${last}, ${most}, ${share}`)
  }
  row('memory of the control group of 256 MiB')
  for (const { replica, peak, kills } of memory) {
    row(
      replica,
      peak === undefined ? 'not held to it: takes root' : `${(peak / 2 ** 20).toFixed(0)} MiB, ${kills} killed`
    )
  }
  row('CPU of all processes, share of a core', cpu.toFixed(2))
  row('violations', violations.length)
}

function row(name: string, value?: number | string): void {
  console.log(value === undefined ? `${name}:` : `  ${name.padEnd(44)} ${value}`)
}
