import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { issueCertificates } from '../src/certificates/issue.ts'
import { freePort } from '../test/helpers/free-port.ts'
import { measureCheck } from './check.ts'
import { measureEvaluation } from './evaluation.ts'
import { type Load, openLoad } from './load.ts'
import { measureOverload } from './overload.ts'
import { podReview, unrelatedReview } from './reviews.ts'

/**
 * CPU and memory of Holdfast beside a bare `node:https` server on the same Node.js, in alternating rounds of one run:
 * only their ratio means anything. The evaluation alone is measured in this process.
 */
const { values } = parseArgs({
  options: { reviews: { type: 'string', default: '40000' }, overload: { type: 'boolean' }, help: { type: 'boolean' } }
})

const CONNECTIONS = 4
const ROUNDS = 6

interface Usage {
  /** Microseconds of user and system time. */
  readonly cpu: number
  /** Bytes. */
  readonly rss: number
}

interface Contestant {
  readonly name: string
  readonly process: ChildProcess
  readonly port: number
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const contestants: Contestant[] = []
  try {
    const files = { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') }
    const issued = await issueCertificates(['localhost'], 1, new Date())
    await writeFile(files.certificate, issued.certificate)
    await writeFile(files.key, issued.privateKey)
    contestants.push(await startBaseline(files), await startHoldfast(files))
    console.log(
      `Node.js ${process.version}, ${values.reviews} reviews a size, ${CONNECTIONS} connections, ${ROUNDS} rounds\n`
    )
    for (const kilobytes of [4, 60]) {
      const patched = JSON.stringify(podReview(kilobytes * 1000))
      await compare(contestants, 'a Pushgateway Pod, which gets a patch', patched, Number(values.reviews))
      const unrelated = JSON.stringify(unrelatedReview(kilobytes * 1000))
      await compare(contestants, 'an unrelated Pod, which is let through', unrelated, Number(values.reviews))
    }
    for (const line of measureEvaluation()) console.log(line)
    console.log()
  } finally {
    for (const { process: child } of contestants) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
}

async function compare(contestants: readonly Contestant[], what: string, body: string, reviews: number): Promise<void> {
  const loads: Load[] = []
  for (const { port } of contestants) loads.push(await openLoad(port, CONNECTIONS, body))
  const perRound = Math.ceil(reviews / ROUNDS)
  const cpu = contestants.map((): number[] => [])
  for (const load of loads) await load.send(Math.min(perRound, 3000))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const before = await usageOf(contestant)
      await loads[index]?.send(perRound)
      const after = await usageOf(contestant)
      cpu[index]?.push((after.cpu - before.cpu) / perRound)
    }
  }
  for (const load of loads) load.close()
  console.log(`${what}, ${(body.length / 1000).toFixed(1)} KB:`)
  const [base = 1] = cpu.map(median)
  for (const [index, contestant] of contestants.entries()) {
    const each = median(cpu[index] ?? [])
    const memory = (await usageOf(contestant)).rss / 1e6
    const ratio = (each / base).toFixed(2)
    console.log(
      `  ${contestant.name.padEnd(12)} ${each.toFixed(0).padStart(5)} µs CPU a review  × ${ratio}  ${memory.toFixed(0)} MB resident`
    )
  }
  console.log()
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

interface Files {
  readonly certificate: string
  readonly key: string
}

async function startBaseline({ certificate, key }: Files): Promise<Contestant> {
  const port = await freePort()
  const args = [certificate, key, String(port)]
  return start('node:https', new URL('baseline.ts', import.meta.url), args, port)
}

async function startHoldfast({ certificate, key }: Files): Promise<Contestant> {
  const [port, healthPort] = [await freePort(), await freePort()]
  const args = ['serve', '--bind-address=127.0.0.1', `--port=${port}`, `--health-port=${healthPort}`]
  args.push(`--tls-cert-file=${certificate}`, `--tls-private-key-file=${key}`, '--kubernetes-version=1.36')
  return start('holdfast', new URL('../bin/holdfast.cjs', import.meta.url), args, port)
}

async function start(name: string, script: URL, args: readonly string[], port: number): Promise<Contestant> {
  const execArgv = ['--import', new URL('usage.ts', import.meta.url).href]
  const quiet = openSync('/dev/null', 'w')
  const child = fork(script, args, { execArgv, stdio: ['ignore', quiet, 'inherit', 'ipc'] })
  const contestant = { name, process: child, port }
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    try {
      ;(await openLoad(port, 1, '{}')).close()
      return contestant
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`${name} does not listen`)
}

async function usageOf({ process: child }: Contestant): Promise<Usage> {
  const answer = once(child, 'message')
  child.send('usage')
  const [usage] = await answer
  return usage as Usage
}

if (values.help) console.log('usage: npm run bench -- [--reviews N | --overload]')
else if (values.overload) await measureOverload()
else {
  await main()
  await measureCheck()
}
