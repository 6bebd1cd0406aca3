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
  readonly failOn: 'warn' | 'enforce'
}

const LONGEST_NAME = Math.max(...FORMAT_NAMES.map(({ length }) => length))

/** The flags of every command that ends in a report. */
export const OUTPUT_FLAGS: readonly Option[] = [
  // The choices are for help and completion: what is not among them has an error of its own.
  new Option('-o, --output <format[=file]>', 'report to write; may be given several times')
    .choices(FORMAT_NAMES)
    .argParser(output),
  flag('--fail-on <mode>', 'minimum severity that fails: enforce for rejections in enforce mode, warn for warnings too')
    .choices(['warn', 'enforce'])
    .default('enforce')
]

/** What `--help` says of each format, for `addHelpText('after', …)`. */
export const FORMATS_HELP = [
  '',
  'Formats of a report:',
  ...FORMATS.map(({ name, description }) => `  ${name.padEnd(LONGEST_NAME)}  ${description}`)
].join('\n')

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
