import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t from 'tap'

export interface StandIns {
  /** What each call was given, in their order: the name of the program, and its arguments. */
  calls(): string[][]
}

/**
 * Programs for the rest of the test that are found on the PATH in the place of real ones, which a machine may not have. Each
 * is the body of a function of `args`, run by Node.js.
 *
 * @param isAlone whether nothing else is on the PATH
 */
export function standIns(programs: Readonly<Record<string, string>>, isAlone = false): StandIns {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-programs-'))
  const log = join(directory, 'calls.log')
  writeFileSync(log, '')
  for (const [name, body] of Object.entries(programs)) {
    const script = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const args = process.argv.slice(2)
appendFileSync(${JSON.stringify(log)}, JSON.stringify([${JSON.stringify(name)}, ...args]) + '\\n')
${body}`
    writeFileSync(join(directory, name), script, { mode: 0o755 })
  }
  const before = process.env.PATH ?? ''
  process.env.PATH = isAlone ? directory : `${directory}${delimiter}${before}`
  t.teardown(() => {
    process.env.PATH = before
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as string[])
  }
}
