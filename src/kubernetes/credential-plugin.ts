import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { quote } from '../core/values/text.ts'
import { ApiError } from './api-error.ts'

/**
 * What becomes of a credential plugin: it is ended where it hangs, and where it fails that is said in a sentence of ours.
 * What it writes is never repeated: it may be a token.
 */
export interface PluginWatch {
  /** In the place of the function of node:child_process. */
  spawn(command: string, args: readonly string[] | undefined, options: SpawnOptions): ChildProcess
  /**
   * Why there are no credentials; undefined where no plugin is to blame.
   *
   * @param error what the run ended in for whoever started it
   */
  failure(error: unknown): ApiError | undefined
  /** Forgets the last run; but one that hung is not started again. */
  begin(): void
}

/** Somebody may have to log in with a browser: kubelogin waits as long for that. */
const TIMEOUT_MS = 180_000

interface Run {
  readonly command: string
  isLate: boolean
  child: ChildProcess
}

export function watchPlugins(timeoutMs: number = TIMEOUT_MS): PluginWatch {
  let run: Run | undefined
  return {
    spawn(command, args, options) {
      // Nobody answers it here: what asks for a password shall fail rather than wait.
      const child = spawn(command, args ?? [], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
      const begun: Run = { command, child, isLate: false }
      run = begun
      const timer = setTimeout(() => {
        begun.isLate = true
        end(child)
      }, timeoutMs)
      child.once('close', () => clearTimeout(timer))
      return child
    },
    failure: (error) => run && failureOf(run, error, timeoutMs),
    begin() {
      if (run?.isLate) throw lateness(run, timeoutMs)
      run = undefined
    }
  }
}

/** Whatever the plugin has started holds its pipes open, and would be waited for. */
function end(child: ChildProcess): void {
  child.kill('SIGKILL')
  child.stdout?.destroy()
  child.stderr?.destroy()
}

function lateness({ command }: Run, timeoutMs: number): ApiError {
  return new ApiError('Timeout', `the credential plugin ${quote(command)} did not end within ${timeoutMs / 1000} s`)
}

function failureOf(run: Run, error: unknown, timeoutMs: number): ApiError | undefined {
  const { command, child, isLate } = run
  if (isLate) return lateness(run, timeoutMs)
  const { code, syscall } = Object(error) as NodeJS.ErrnoException
  const plugin = `the credential plugin ${quote(command)}`
  if (syscall?.startsWith('spawn')) return new ApiError('Connection', `${plugin} cannot be started: ${code}`)
  if (child.exitCode !== 0) {
    const how = child.exitCode === null ? `was ended by ${child.signalCode}` : `ended with exit code ${child.exitCode}`
    return new ApiError('Connection', `${plugin} ${how}; run it by itself to see why`)
  }
  const isOutput = error instanceof SyntaxError || (error instanceof TypeError && code === undefined)
  return isOutput ? new ApiError('Connection', `${plugin} printed something that is no ExecCredential`) : undefined
}
