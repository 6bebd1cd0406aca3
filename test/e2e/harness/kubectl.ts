// kubectl, run once per call and never for longer than it is given.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface KubectlOptions {
  /** What kubectl reads from its standard input, for `-f -`. Default: nothing. */
  input?: string
  /** Return a non-zero exit code instead of throwing. Default false. */
  allowFailure?: boolean
  /** Milliseconds before kubectl is killed. Default 60 000. */
  timeoutMs?: number
}

export interface KubectlResult {
  code: number
  stdout: string
  stderr: string
}

/**
 * Runs kubectl with these arguments.
 *
 * @throws {Error} when kubectl ends with a code other than 0 (unless `allowFailure`), with what it printed as the message;
 *   and in any case when it could not be run or was killed for taking too long, because then there is no answer at all
 */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>

/** A kubectl bound to a program and an environment, which names the cluster through KUBECONFIG. */
export function kubectlWith(program: string, env: NodeJS.ProcessEnv): Kubectl {
  return async (args, { input = '', allowFailure = false, timeoutMs = 60_000 } = {}) => {
    const child = spawn(program, args, { env, stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL' })
    // kubectl may refuse its arguments and leave before it has read its input; its exit code tells that better.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const [code, stdout, stderr] = await Promise.all([exitCode(), text(child.stdout), text(child.stderr)])
    if (code === null) throw new Error(`kubectl ${args.join(' ')}: no answer within ${timeoutMs} ms\n${stderr}`)
    if (code !== 0 && !allowFailure) {
      throw new Error(`kubectl ${args.join(' ')}: exit code ${code}\n${stderr.trim()}`)
    }
    return { code, stdout, stderr }

    function exitCode(): Promise<number | null> {
      return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
    }
  }
}
