import { mkdtemp, open, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A chart with another version, which is all that differs from the chart beside it. */
export interface NextRelease {
  readonly directory: string
  remove(): Promise<void>
}

/**
 * The chart as its next release will be if nothing else changes: version and appVersion are those of a patch release. It is
 * made of links to the chart's files, which Helm follows.
 *
 * @returns undefined where Chart.yaml has no version in a line of its own
 */
export async function nextReleaseOf(chart: string): Promise<NextRelease | undefined> {
  const text = withNextVersions(await readFile(join(chart, 'Chart.yaml'), 'utf8'))
  if (text === undefined) return undefined
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-chart-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    for (const name of await readdir(chart)) {
      if (name !== 'Chart.yaml') await symlink(resolve(chart, name), join(directory, name))
    }
    const file = await open(join(directory, 'Chart.yaml'), 'wx')
    await file.appendFile(text).finally(() => file.close())
    return { directory, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** `version: 1.2.3` or `appVersion: "v1.2.3"` as a line of Chart.yaml: of its dependencies, they stand further in. */
const VERSION = /^(version|appVersion):([ \t]+)(["']?)([^\s"'#]+)\3(?=[ \t]*(?:#.*)?\r?$)/gm

/** The text of Chart.yaml with the next patch release of its versions. */
export function withNextVersions(text: string): string | undefined {
  let hasVersion = false
  const next = text.replace(VERSION, (line, key: string, gap: string, mark: string, version: string) => {
    const after = nextVersion(key, version)
    if (after === undefined) return line
    hasVersion ||= key === 'version'
    return `${key}:${gap}${mark}${after}${mark}`
  })
  return hasVersion ? next : undefined
}

/** A version of a chart ends in its patch number or in what is behind it; that of an application, wherever its last number is. */
function nextVersion(key: string, version: string): string | undefined {
  const parts =
    key === 'version' ? /^(v?\d+\.\d+\.)(\d{1,9})([-+].*)?$/.exec(version) : /^(.*?)(\d{1,9})([^\d]*)$/.exec(version)
  if (parts === null) return undefined
  const [, before = '', number = '', behind = ''] = parts
  return `${before}${String(Number(number) + 1).padStart(number.length, '0')}${behind}`
}
