// npm run drill -- --url URL: pushes to a Pushgateway while you replace it, and counts what is lost.
// npm run drill -- --program FILE: replaces one on this machine, as Kubernetes would. docs/drill.md says more.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/helpers/free-port.ts'
import { type Counts, Pushes } from './pushes.ts'

const PER_SECOND = 10
const LONGEST = 600

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    program: { type: 'string' },
    lag: { type: 'string', default: '5' },
    hook: { type: 'string', default: '15' }
  }
})

if (values.url !== undefined) await againstUrl(new URL(values.url), secondsIn('seconds', values.seconds))
else if (values.program !== undefined) await onThisMachine(values.program)
else fail('usage: npm run drill -- --url URL [--seconds 60] | --program FILE [--lag 5] [--hook 15]')

async function againstUrl(url: URL, seconds: number): Promise<void> {
  const pushes = new Pushes(url)
  const end = Date.now() + seconds * 1000
  process.stdout.write(`${PER_SECOND} pushes a second to ${url} for ${seconds} s: replace the Pushgateway now\n`)
  await pushes.until(() => Date.now() >= end, PER_SECOND)
  const counts = await pushes.counts()
  await pushes.remove()
  process.stdout.write(`${inWords(counts)}\n`)
}

/** Each way of replacing a Pod, without a hook and with one. */
async function onThisMachine(program: string): Promise<void> {
  const [lag, hook] = [secondsIn('lag', values.lag), secondsIn('hook', values.hook)]
  process.stdout.write(`addresses are heard of after ${lag} s, ${PER_SECOND} pushes a second\n`)
  for (const strategy of ['RollingUpdate', 'Recreate'] as const) {
    for (const seconds of [0, hook]) {
      const counts = await replaced(program, strategy, lag, seconds)
      const preStop = seconds === 0 ? 'without a preStop' : `with a preStop of ${seconds} s`
      process.stdout.write(`${strategy} ${preStop}: ${inWords(counts)}\n`)
    }
  }
}

/** The Service: passes each connection on to the Pod that it believes in. */
interface Service {
  readonly url: URL
  port: number
  readonly server: Server
}

async function serviceTo(port: number): Promise<Service> {
  const server = createServer((client) => {
    const pod = connect(service.port, '127.0.0.1')
    client.on('error', () => pod.destroy())
    pod.on('error', () => client.destroy())
    client.pipe(pod).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const service: Service = { url, port, server }
  return service
}

interface Gateway {
  readonly port: number
  /** SIGTERM, and the wait for its end. */
  stop(): Promise<void>
}

/** Started, and ready to be pushed to. */
async function gateway(program: string, file: string | undefined): Promise<Gateway> {
  const port = await freePort()
  const flags = [`--web.listen-address=127.0.0.1:${port}`, ...(file ? [`--persistence.file=${file}`] : [])]
  const child = spawn(program, flags, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
    if (answer?.ok) return { port, stop }
    await sleep(100)
  }
  await stop()
  return fail(`${program} does not get ready`)
}

/**
 * RollingUpdate: the new Pod is ready before the old one is told to stop, and clients hear of it `lag` later. Recreate: the
 * new Pod starts when the old one is gone, on the same volume; meanwhile the Service has only the old one to offer.
 */
async function replaced(
  program: string,
  strategy: 'RollingUpdate' | 'Recreate',
  lag: number,
  hook: number
): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-drill-'))
  const file = strategy === 'Recreate' ? join(directory, 'pushgateway.data') : undefined
  const old = await gateway(program, file)
  const service = await serviceTo(old.port)
  const pushes = new Pushes(service.url)
  let isOver = false
  const pushing = pushes.until(() => isOver, PER_SECOND)
  await sleep(2000)
  let next: Gateway
  if (strategy === 'RollingUpdate') {
    next = await gateway(program, file)
    const stopped = sleep(hook * 1000).then(() => old.stop())
    await sleep(lag * 1000)
    service.port = next.port
    await stopped
  } else {
    await sleep(hook * 1000)
    await old.stop()
    next = await gateway(program, file)
    await sleep(lag * 1000)
    service.port = next.port
  }
  await sleep(2000)
  isOver = true
  await pushing
  const counts = await pushes.counts()
  service.server.close()
  await next.stop()
  rmSync(directory, { recursive: true, force: true })
  return counts
}

function inWords({ sent, failed, lost }: Counts): string {
  return `${sent} pushes, ${failed} failed, ${lost} were taken and are not there`
}

function secondsIn(flag: string, value: string): number {
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN
  return seconds <= LONGEST ? seconds : fail(`--${flag} takes a whole number from 0 to ${LONGEST}`)
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
