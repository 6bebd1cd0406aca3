import { oneLine } from '../core/values/text.ts'
import { HoldfastError, messageOf } from '../errors.ts'
import { replaceFiles } from '../replace-file.ts'
import type { FormatOptions } from '../report/format.ts'
import { loadFormat } from '../report/formats.ts'
import { countsOf, type Report } from '../report/report.ts'
import { hasColour } from './colour.ts'
import type { FailOn, OutputFlags } from './flags/output.ts'

/** Exit codes of `check` and `scan`. */
export const CLEAN = 0
export const FOUND = 1
export const INCOMPLETE = 2

/**
 * Writes a report in each format that was asked for (text to the stream, where none was) and answers with the exit code.
 *
 * @throws HoldfastError REPORT_UNWRITABLE, when all others have been written
 */
export async function deliver(
  report: Report,
  { output, failOn = 'enforce', quiet }: OutputFlags,
  stream: NodeJS.WriteStream = process.stdout,
  more: Pick<FormatOptions, 'upgradePlan' | 'trend'> = {}
): Promise<number> {
  const failures: unknown[] = []
  for (const { format, file } of output ?? [{ format: 'text' as const, file: undefined }]) {
    const write = await loadFormat(format)
    const options = file === undefined ? formatOptionsFor(stream) : PLAIN
    const text = write(report, { ...options, failOn, quiet: quiet === true, ...more })
    try {
      if (file === undefined) stream.write(text)
      else {
        await replaceFiles([{ file, text }])
        if (!quiet) process.stderr.write(`holdfast: report written to ${oneLine(file)} (${format})\n`)
      }
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) {
    throw new HoldfastError('REPORT_UNWRITABLE', `Cannot write the report: ${failures.map(messageOf).join('; ')}`)
  }
  return exitCodeOf(report, failOn)
}

/** A file, or a log of CI: no colour, and lines that fit beside a diff. */
const PLAIN: FormatOptions = { colour: false, width: 120 }

function formatOptionsFor(stream: NodeJS.WriteStream): FormatOptions {
  const colour = hasColour(stream)
  if (!stream.isTTY) return { ...PLAIN, colour }
  return {
    colour,
    width: stream.columns > 0 ? Math.max(40, Math.min(stream.columns, 160)) : PLAIN.width
  }
}

/** A policy that crashed checked nothing, which is no better than a file that could not be read. */
function exitCodeOf(report: Report, failOn: FailOn): number {
  const crashed = report.objects.some(({ findings }) => findings.some(({ outcome }) => outcome === 'crashed'))
  if (report.problems.length > 0 || crashed) return INCOMPLETE
  const { error, warning } = countsOf(report)
  return error > 0 || (failOn === 'warn' && warning > 0) ? FOUND : CLEAN
}
