// The commands of the documentation, run as they stand there.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { findKubectl } from './assets.ts'
import type { Cluster } from './control-plane.ts'
import type { KubectlResult } from './kubectl.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * The indented blocks below a heading, down to the next one, each as a script.
 *
 * @param file relative to the repository
 * @throws {Error} where there is no such heading, or no command below it: a test of no command proves nothing
 */
export function documentedCommands(file: string, heading: string): string[] {
  const sections = readFileSync(join(ROOT, file), 'utf8').split(/^#+ /m)
  const section = sections.find((it) => it.startsWith(`${heading}\n`)) ?? ''
  const blocks = section.match(/(?:^ {4}\S.*\n(?: {4}.*\n)*)/gm) ?? []
  if (blocks.length === 0) throw new Error(`${file} has no command below "${heading}"`)
  return blocks.map((block) => block.replace(/^ {4}/gm, ''))
}

/** The commands of a script, one for each line that does not go on in the next. */
export function commandsOf(script: string): string[] {
  return script.match(/(?:.*(?:\\|\||&&)\n)*.+\n/g) ?? []
}

export interface Shell {
  /** Where the scripts run; files that they name are written there. */
  readonly directory: string
  /** Runs a script of `sh` with the cluster's kubectl. A command that fails does not end it; the code is the last one's. */
  run(script: string): Promise<KubectlResult>
  dispose(): void
}

/** A shell whose kubectl is the cluster's, in a directory of its own. */
export async function shellOf({ kubectl }: Cluster): Promise<Shell> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-shell-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const { stdout } = await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  writeFileSync(kubeconfig, stdout, { mode: 0o600 })
  const programs = dirname(findKubectl(process.env) ?? '')
  const PATH = [programs, process.env.PATH].join(delimiter)
  return {
    directory,
    async run(script) {
      const env = { ...process.env, PATH, HOME: directory, KUBECONFIG: kubeconfig }
      const options = { cwd: directory, env, stdio: 'pipe', timeout: 120_000, killSignal: 'SIGKILL' } as const
      const child = spawn('/bin/sh', ['-c', script], options)
      child.stdin.end()
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('exit', (code) => resolve(code))
      })
      const [code, out, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
      if (code === null) throw new Error(`no end to\n${script}\n${stderr}`)
      return { code, stdout: out, stderr }
    },
    dispose: () => rmSync(directory, { recursive: true, force: true })
  }
}
