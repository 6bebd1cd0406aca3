import { InvalidArgumentError, Option } from 'commander'
import { FORMAT_NAMES, FORMATS, type FormatName } from '../../report/formats.ts'
import { flag } from './flag.ts'

/** One report, and where it goes: a file, or standard output where there is none. */
export interface Output {
  readonly format: FormatName
  readonly file: string | undefined
}

export interface OutputFlags {
  readonly output?: readonly Output[]
  /** Undefined is `enforce`. */
  readonly failOn?: FailOn
  readonly quiet?: true
}

/** By the mode in which policies find what fails the run. */
export type FailOn = 'warn' | 'enforce'

/** What `--fail-on` takes: a severity as reports call it, or the mode that it comes from. */
export const FAIL_ON = {
  error: 'enforce',
  warning: 'warn',
  enforce: 'enforce',
  warn: 'warn'
} as const satisfies Readonly<Record<string, FailOn>>

const LONGEST_NAME = Math.max(...FORMAT_NAMES.map(({ length }) => length))

/** The flags of every command that ends in a report. */
export const OUTPUT_FLAGS: readonly Option[] = [
  // The choices are for help and completion: what is not among them has an error of its own.
  new Option('-o, --output <format[=file]>', 'report to write; may be given several times')
    .choices(FORMAT_NAMES)
    .argParser(output),
  flag(
    '--fail-on <severity>',
    'minimum severity that fails: error (or enforce) for rejections in enforce mode, warning (or warn) for warnings too; error if nothing is set'
  )
    .choices(Object.keys(FAIL_ON))
    .argParser(failOn),
  new Option('-q, --quiet', 'text: only errors, warnings and what could not be read')
]

/** What `--help` says of each format, for `addHelpText('after', …)`. */
export const FORMATS_HELP = [
  '',
  'Formats of a report:',
  ...FORMATS.map(({ name, description }) => `  ${name.padEnd(LONGEST_NAME)}  ${description}`)
].join('\n')

function failOn(text: string): FailOn {
  const known = Object.entries(FAIL_ON).find(([name]) => name === text)
  if (known === undefined) throw new InvalidArgumentError(`It has to be one of ${Object.keys(FAIL_ON).join(', ')}.`)
  return known[1]
}

function output(text: string, before: readonly Output[] = []): readonly Output[] {
  const [format, ...rest] = text.split('=')
  const file = rest.length === 0 ? undefined : rest.join('=')
  if (!FORMAT_NAMES.includes(format as FormatName))
    throw new InvalidArgumentError(`It has to be one of ${FORMAT_NAMES.join(', ')}.`)
  if (file === '') throw new InvalidArgumentError('Name a file after the =.')
  if (file !== undefined && before.some((other) => other.file === file)) {
    throw new InvalidArgumentError(`Only one report can go to ${file}.`)
  }
  if (file === undefined && before.some((other) => other.file === undefined)) {
    throw new InvalidArgumentError('Only one report can go to standard output: name a file, as in sarif=FILE.')
  }
  return [...before, { format: format as FormatName, file }]
}
