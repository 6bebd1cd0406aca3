import type { ReportedFinding } from './report.ts'

/** A line of a file that a report shows. */
export interface FrameLine {
  readonly number: number
  readonly text: string
  /** Whether it is the line that the finding is about. */
  readonly isMarked: boolean
}

/** The lines around a finding, without the indentation that all of them have; none for an object of a cluster. */
export function frameOf({ frame, line }: Pick<ReportedFinding, 'frame' | 'line'>): readonly FrameLine[] {
  if (frame === undefined) return []
  const indents = frame.lines.filter((text) => text.trim() !== '').map((text) => text.search(/[^ ]/))
  const common = Math.max(0, indents.length === 0 ? 0 : Math.min(...indents))
  return frame.lines.map((text, index) => {
    const number = frame.first + index
    return { number, text: text.slice(common), isMarked: number === line }
  })
}

/** A column for the numbers: "> 102 | " and "  103 | ". */
export function gutterOf({ number, isMarked }: FrameLine, lines: readonly FrameLine[]): string {
  const width = String(lines.at(-1)?.number ?? number).length
  return `${isMarked ? '>' : ' '} ${String(number).padStart(width)} | `
}
