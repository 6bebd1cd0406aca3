import { readFileSync } from 'node:fs'

/**
 * How many files this process may have open at once, connections included: the soft limit, which Node.js raises to the
 * hard one when it starts. undefined where nobody says: not on Linux, or without a limit.
 */
export function openFilesLimit(): number | undefined {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return undefined
  }
}

/** @param text what `/proc/PID/limits` holds */
export function parseLimits(text: string): number | undefined {
  const soft = /^Max open files\s+(\d+)\s/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
