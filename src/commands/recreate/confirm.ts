import { createInterface } from 'node:readline/promises'

/** Asks the user at the terminal. Does not ask where there is no terminal, or where the answer would be read as YAML. */
export async function isConfirmed(question: string, canAsk: boolean): Promise<boolean> {
  if (!canAsk || !process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`${question} [yes/no] `)).trim().toLowerCase() === 'yes'
  } finally {
    terminal.close()
  }
}
