import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CASES, type DemoCase } from './cases.ts'

/** Starts Holdfast, sends it the reviews of `demo/reviews` over TLS, and prints what it said and why. */

const COLUMNS = { asked: 30, said: 8, why: 100 }

interface Answer {
  readonly allowed: boolean
  readonly status?: { readonly message: string }
  readonly patch?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

interface Server {
  readonly process: ChildProcess
  readonly port: number
  readonly ca: string
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-demo-'))
  const config = join(directory, 'restore.yaml')
  await writeFile(config, 'policies: { claim-template-labels: { onChange: restore } }\n')
  const servers = { default: await start(directory, []), restore: await start(directory, [`--config=${config}`]) }
  let surprises = 0
  try {
    print('what was asked', 'answer', 'why')
    print('-'.repeat(COLUMNS.asked), '-'.repeat(COLUMNS.said), '-'.repeat(COLUMNS.why))
    for (const one of CASES) {
      const answer = await ask(servers[one.server], one)
      const said = outcomeOf(answer)
      if (said !== one.said) surprises++
      print(one.asked, said === one.said ? said : `${said}, not ${one.said}`, whyOf(answer))
    }
  } finally {
    for (const { process: child } of Object.values(servers)) child.kill('SIGINT')
    await rm(directory, { recursive: true })
  }
  console.log(`\n${CASES.length} reviews over TLS, ${surprises} answered in another way than expected.`)
  if (surprises > 0) process.exitCode = 1
}

async function start(directory: string, flags: readonly string[]): Promise<Server> {
  const entry = new URL('../bin/holdfast.cjs', import.meta.url).pathname
  const args = [
    'serve',
    '--bind-address=127.0.0.1',
    '--port=0',
    '--health-port=0',
    `--cert-dir=${directory}`,
    '--kubernetes-version=1.36'
  ]
  const child = spawn(process.execPath, [entry, ...args, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    const { msg, port } = JSON.parse(line)
    if (msg !== 'serving') continue
    child.stdout.resume()
    return { process: child, port, ca: await readFile(join(directory, 'ca.crt'), 'utf8') }
  }
  const [code] = await once(child, 'exit')
  throw new Error(`holdfast ended with ${code}`)
}

async function ask({ port, ca }: Server, { review, path }: DemoCase): Promise<Answer> {
  const body = await readFile(new URL(`reviews/${review}.json`, import.meta.url))
  const headers = { 'content-type': 'application/json' }
  const outgoing = request({ host: 'localhost', port, path, method: 'POST', ca, headers, agent: false })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode !== 200) throw new Error(`${review}: ${response.statusCode} ${text}`)
  return JSON.parse(text).response
}

function outcomeOf({ allowed, patch, warnings }: Answer): DemoCase['said'] {
  if (!allowed) return 'denied'
  if (patch) return 'patched'
  return warnings ? 'warned' : 'allowed'
}

/** The words that a client would see; or, where it sees none, what stands in the audit log. */
function whyOf({ status, warnings, auditAnnotations }: Answer): string {
  if (status) return status.message
  if (warnings) return warnings.join('\n')
  const notes = Object.entries(auditAnnotations ?? {}).map(([policy, note]) => `(audit log only) ${policy}: ${note}`)
  return notes.join('\n') || 'nothing to say'
}

function print(asked: string, said: string, why: string): void {
  const lines = why.split('\n').flatMap((line) => wrap(line, COLUMNS.why))
  for (const [index, line] of lines.entries()) {
    const [left, middle] = index === 0 ? [asked, said] : ['', '']
    console.log(`${left.padEnd(COLUMNS.asked)}  ${middle.padEnd(COLUMNS.said)}  ${line}`)
  }
}

function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] as string
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

await main()
