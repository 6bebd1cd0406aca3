import { main } from '../../src/main.ts'

/** Runs the command in this process, and answers with what it wrote and with its exit code. */
export async function holdfast(...args: readonly string[]): Promise<{ stdout: string; stderr: string; code: unknown }> {
  const written = { stdout: '', stderr: '' }
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const { write } = process[name]
    process[name].write = (text: string | Uint8Array) => {
      written[name] += text
      return true
    }
    return () => {
      process[name].write = write
    }
  })
  // Whoever runs the tests may have it set, and the texts are compared.
  const { FORCE_COLOR: colour } = process.env
  delete process.env.FORCE_COLOR
  try {
    await main(['node', 'holdfast', ...args])
    return { ...written, code: process.exitCode ?? 0 }
  } finally {
    for (const undo of restore) undo()
    if (colour !== undefined) process.env.FORCE_COLOR = colour
    process.exitCode = 0
  }
}
