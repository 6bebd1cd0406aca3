// The processes a control plane consists of: each started, watched and ended by its id, none left behind.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { within } from './wait.ts'

export interface Component {
  readonly name: string
  readonly child: ChildProcess
  /** Path of the file that holds its standard output and error. */
  readonly log: string
  /** How it ended, in words ("exited with code 1"); `undefined` while it runs. */
  readonly outcome: () => string | undefined
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<unknown>
}

/**
 * Starts one program of the control plane. A program that cannot be run at all shows up as an `outcome`, not as a throw,
 * so that there is one way to fail.
 *
 * @param name also names the log file in `directory`
 */
export function startComponent(name: string, program: string, args: readonly string[], directory: string): Component {
  const log = join(directory, `${name}.log`)
  const sink = openSync(log, 'a')
  // A bare environment: proxies, KUBECONFIG or ETCD_* variables of the developer's shell must not change what is tested.
  const env = { PATH: process.env.PATH ?? '', HOME: directory, TMPDIR: directory }
  const child = spawn(program, args, { cwd: directory, env, stdio: ['ignore', sink, sink] })
  closeSync(sink)
  // A suite that forgets to stop its control plane then still ends, and the guard clears up after it.
  child.unref()

  let outcome: string | undefined
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      outcome ??= how
      resolve()
    }
    child.once('error', (error) => end(`could not be run (${error.message})`))
    child.once('exit', (code, signal) => end(signal === null ? `exited with code ${code}` : `was ended by ${signal}`))
  })
  return { name, child, log, ended, outcome: () => outcome }
}

/** @throws {Error} with the tail of its log, when the component has ended */
export function assertRunning(component: Component): void {
  const outcome = component.outcome()
  if (outcome !== undefined) throw new Error(`${component.name} ${outcome}\n${tailOf(component)}`)
}

/** The last lines of the component's log, headed by where they come from. */
export function tailOf({ name, log }: Component, lines = 25): string {
  const text = readFileSync(log, 'utf8').trimEnd()
  return `--- the last lines of ${name}.log\n${text.split('\n').slice(-lines).join('\n')}`
}

/**
 * Ends the component: SIGTERM, and SIGKILL when it is still there after `graceMs` milliseconds.
 * Ends nothing else: Node.js sends no signal once it has seen the child exit, even if the id is in use again.
 *
 * @throws {Error} when not even SIGKILL ended it within five seconds
 */
export async function endComponent(component: Component, graceMs: number): Promise<void> {
  if (await endedAfter(component, 'SIGTERM', graceMs)) return
  if (await endedAfter(component, 'SIGKILL', 5_000)) return
  throw new Error(`${component.name} (process ${component.child.pid}) survived SIGKILL`)
}

async function endedAfter({ child, ended, outcome }: Component, signal: NodeJS.Signals, ms: number): Promise<boolean> {
  if (outcome() === undefined) {
    child.kill(signal)
    await within(ended, ms)
  }
  return outcome() !== undefined
}

export interface Guard {
  /** From now on the component does not outlive this process. */
  watch(component: Component): void
  /** Ends what is still watched, removes the directory and settles when both are done (at most ten seconds). */
  release(): Promise<void>
}

// Reads "watch ID" and "forget ID" until its standard input closes, which happens however its parent dies.
const guardScript = `
  trap '' HUP INT TERM
  watched=' '
  while read -r word id; do
    case $word in
      watch) watched="$watched$id " ;;
      forget) watched="\${watched%% $id *} \${watched#* $id }" ;;
    esac
  done
  for id in $watched; do kill -KILL "$id"; done
  rm -rf -- "$1"
`

/**
 * Starts the guard of a temporary directory and of the components that use it.
 *
 * Signal handlers in this process would not do: none runs on SIGKILL, which is how test runners end what they find too
 * slow, and those that do run compete with the runner's own. So a shell in a session of its own (Ctrl-C passes it by)
 * holds one end of a pipe, and acts when the other end is gone.
 */
export function startGuard(directory: string): Guard {
  const shell = spawn('/bin/sh', ['-c', guardScript, 'holdfast-e2e-guard', directory], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore']
  })
  const closed = once(shell, 'exit')
  const orders = shell.stdin as Socket
  // Without a listener, a guard that somebody else ended would take this process with it, at the next order.
  orders.on('error', () => {})
  shell.unref()
  orders.unref()

  return {
    watch(component) {
      const { pid } = component.child
      if (pid === undefined) return
      orders.write(`watch ${pid}\n`)
      // Its id may belong to somebody else from here on.
      component.ended.then(() => orders.write(`forget ${pid}\n`)).catch(() => {})
    },
    async release() {
      orders.end()
      await within(closed, 10_000)
    }
  }
}
