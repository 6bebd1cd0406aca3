import { createInterface } from 'node:readline/promises'

/** Asks whoever sits at the terminal. Nobody is asked where there is none, or where the answer would be read as YAML. */
export async function isConfirmed(question: string, canAsk: boolean): Promise<boolean> {
  if (!canAsk || !process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`${question} [yes/no] `)).trim().toLowerCase() === 'yes'
  } finally {
    terminal.close()
  }
}
