import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { issueCertificates } from '../src/certificates/issue.ts'
import { freePort } from '../test/helpers/free-port.ts'
import { openLoad } from './load.ts'

export const FLOOR = 'bare node:https'
export const HOLDFAST = 'holdfast'
export type ServerName = typeof FLOOR | typeof HOLDFAST

/** A server under measurement, in a process of its own. */
export interface Contestant {
  readonly name: ServerName
  readonly port: number
  /** PEM of the CA that signed its certificate. */
  readonly ca: string
  usage(): Promise<Usage>
  stop(): void
}

export interface Usage {
  /** Microseconds of user and system time since the process started. */
  readonly cpu: number
  /** Bytes. */
  readonly rss: number
}

/** @param environment variables beside those of this process */
export type StartServer = (name: ServerName, environment?: Readonly<Record<string, string>>) => Promise<Contestant>

/** Runs `use` with what starts servers; all of them, and their files, are gone when it ends. */
export async function withServers<Result>(use: (start: StartServer) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const started: Contestant[] = []
  try {
    const [certificate, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
    const issued = await issueCertificates(['127.0.0.1'], 1, new Date())
    await writeFile(certificate, issued.certificate)
    await writeFile(key, issued.privateKey)
    const programs: Readonly<Record<ServerName, string>> = {
      [FLOOR]: await stripped('baseline.ts', directory),
      [HOLDFAST]: fileURLToPath(new URL('../bin/holdfast.cjs', import.meta.url))
    }
    const preloaded = await stripped('usage.ts', directory)
    return await use(async (name, environment) => {
      const [port, healthPort] = [await freePort(), await freePort()]
      const args =
        name === FLOOR
          ? [certificate, key, String(port)]
          : [
              'serve',
              '--bind-address=127.0.0.1',
              `--port=${port}`,
              `--health-port=${healthPort}`,
              `--tls-cert-file=${certificate}`,
              `--tls-private-key-file=${key}`,
              '--kubernetes-version=1.36'
            ]
      const child = startProcess(programs[name], args, preloaded, environment)
      const contestant = { name, port, ca: issued.ca, usage: () => usageOf(child), stop: () => child.kill('SIGKILL') }
      started.push(contestant)
      await untilItListens(child, contestant)
      return contestant
    })
  } finally {
    for (const contestant of started) contestant.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Types are stripped here: to strip them in the process that is measured takes it 15 MB. */
async function stripped(name: string, directory: string): Promise<string> {
  const path = join(directory, name.replace('.ts', '.mjs'))
  const { code } = await transform(await readFile(new URL(name, import.meta.url), 'utf8'), { loader: 'ts' })
  await writeFile(path, code)
  return path
}

/** @param usage what is loaded before the program, and answers for it */
function startProcess(
  program: string,
  args: readonly string[],
  usage: string,
  environment: Readonly<Record<string, string>> = {}
): ChildProcess {
  const execArgv = ['--import', usage]
  const quiet = openSync('/dev/null', 'w')
  const env = { ...process.env, ...environment }
  return fork(program, args, { execArgv, env, stdio: ['ignore', quiet, 'inherit', 'ipc'] })
}

async function untilItListens(child: ChildProcess, { name, port }: Contestant): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    try {
      ;(await openLoad(port, 1, '{}')).close()
      return
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`${name} does not listen`)
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  const answer = once(child, 'message')
  child.send('usage')
  const [usage] = await answer
  return usage as Usage
}
