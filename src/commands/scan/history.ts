import { access, constants, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from '../../core/values/text.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { replaceFiles } from '../../replace-file.ts'
import { loadFormat } from '../../report/formats.ts'
import type { Report } from '../../report/report.ts'
import { type TrendPoint, trendPointOf } from '../../report/trend.ts'

/** Reports that are kept: a quarter of a year of daily scans. */
export const MOST_REPORTS = 90

/** `holdfast-2026-11-21T22-48-00.000Z.json`. Names are in the order of the runs; other files of the directory are not ours. */
const OURS = /^holdfast-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?Z\.json$/

/** Reports of earlier runs, in a directory of the user's. */
export class History {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Makes the directory where there is none. Before a scan: what takes minutes is not to fail in the end.
   *
   * @throws HoldfastError HISTORY_UNUSABLE
   */
  static async open(directory: string): Promise<History> {
    try {
      await mkdir(directory, { recursive: true })
      await access(directory, constants.W_OK)
    } catch (error) {
      throw unusable(error)
    }
    return new History(directory)
  }

  /**
   * The numbers of the reports about the same source, oldest first. A file that is no report is left out.
   *
   * @throws HoldfastError HISTORY_UNUSABLE
   */
  async pointsFor(source: string): Promise<readonly TrendPoint[]> {
    const points: TrendPoint[] = []
    // One at a time: each may be large, and of each only numbers stay.
    for (const name of await this.#names()) {
      const point = await pointIn(join(this.#directory, name))
      if (point?.source === oneLine(source)) points.push(point)
    }
    return points
  }

  /**
   * Keeps a report, and removes the oldest where there are too many.
   *
   * @throws HoldfastError HISTORY_UNUSABLE
   */
  async add(report: Report): Promise<void> {
    const write = await loadFormat('json')
    const name = `holdfast-${report.createdAt.replaceAll(':', '-')}.json`
    const text = write(report, { colour: false, width: 0 })
    try {
      await replaceFiles([{ file: join(this.#directory, name), text }])
      const names = await this.#names()
      for (const old of names.slice(0, Math.max(0, names.length - MOST_REPORTS))) await rm(join(this.#directory, old))
    } catch (error) {
      throw unusable(error)
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#directory)).filter((name) => OURS.test(name)).sort()
    } catch (error) {
      throw unusable(error)
    }
  }
}

async function pointIn(file: string): Promise<TrendPoint | undefined> {
  try {
    return trendPointOf(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Half a file, or one that somebody else wrote: the others are a trend all the same.
    return undefined
  }
}

function unusable(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  return new HoldfastError('HISTORY_UNUSABLE', `The history cannot be kept: ${messageOf(error)}`, { cause: error })
}
