import type { Format } from './format.ts'
import { inLines } from './in-lines.ts'

interface FormatEntry {
  /** What `-o` takes. It names the test and the page of the format, too. */
  readonly name: string
  /** What it is for: a few words without a full stop, for `--help` and the documentation. */
  readonly description: string
  /** A run loads the formats that it writes, and no other. */
  load(): Promise<Format>
}

/** All formats of a report, in the order in which they are listed everywhere. */
export const FORMATS = [
  {
    name: 'text',
    description: 'for a terminal and for logs',
    load: async () => (await import('./text.ts')).textReport
  },
  {
    name: 'json',
    description: 'for programs; a JSON Schema is published',
    load: async () => (await import('./json.ts')).jsonReport
  },
  {
    name: 'sarif',
    description: 'SARIF 2.1.0, for code scanning',
    load: async () => (await import('./sarif.ts')).sarifReport
  },
  {
    name: 'junit',
    description: 'JUnit XML, for the test views of GitLab and Jenkins',
    load: async () => (await import('./junit.ts')).junitReport
  },
  {
    name: 'github',
    description: 'annotations of a pull request, for GitHub Actions',
    load: async () => (await import('./github.ts')).githubReport
  },
  {
    name: 'markdown',
    description: 'a comment for a pull request',
    load: async () => (await import('./markdown.ts')).markdownReport
  },
  {
    name: 'prometheus',
    description: 'metrics, for the textfile collector of node_exporter',
    load: async () => (await import('./prometheus.ts')).prometheusReport
  },
  {
    name: 'html',
    description: 'one file for a browser, which loads nothing else',
    load: async () => (await import('./html/html.ts')).htmlReport
  }
] as const satisfies readonly FormatEntry[]

export type FormatName = (typeof FORMATS)[number]['name']

export const FORMAT_NAMES: readonly FormatName[] = FORMATS.map(({ name }) => name)

/** Loads the code of a format. This is the only way to it, and the texts that it gets are harmless. */
export async function loadFormat(wanted: FormatName): Promise<Format> {
  const entry = FORMATS.find(({ name }) => name === wanted) as FormatEntry
  const write = await entry.load()
  return (report, options) => write(inLines(report), options)
}
