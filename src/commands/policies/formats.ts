import { oneLine, wrap } from '../../core/values/text.ts'
import { VERSION } from '../../version.ts'
import type { DescribedPolicy } from './described.ts'
import type { PoliciesFlags } from './flags.ts'

/** What a terminal has at the least. */
const WIDTH = 80

/** All policies, or the one that is to be explained, as a text that ends its last line. */
export const WRITE: Readonly<
  Record<PoliciesFlags['output'], (policies: readonly DescribedPolicy[], isExplained: boolean) => string>
> = {
  text: (policies, isExplained) => (isExplained ? policies.map(explanation).join('\n') : catalogue(policies)),
  json: (policies) => `${JSON.stringify({ version: VERSION, policies }, null, 2)}\n`,
  markdown: (policies, isExplained) =>
    isExplained ? policies.map(markdownSection).join('\n') : markdownTable(policies)
}

function catalogue(policies: readonly DescribedPolicy[]): string {
  const [first, second] = [widest('POLICY', policies, 'id'), widest('MODE', policies, 'mode')]
  const indent = first + second + 4
  const row = (id: string, mode: string, text: string): string => {
    const [begin = '', ...rest] = wrap(text, WIDTH - indent)
    const lines = [
      `${id.padEnd(first)}  ${mode.padEnd(second)}  ${begin}`,
      ...rest.map((line) => ' '.repeat(indent) + line)
    ]
    return `${lines.join('\n')}\n`
  }
  const rows = policies.map(({ id, mode, summary }) => row(id, mode, summary))
  return row('POLICY', 'MODE', 'WHAT IT KEEPS TRUE') + rows.join('')
}

function widest(title: string, policies: readonly DescribedPolicy[], field: 'id' | 'mode'): number {
  return Math.max(title.length, ...policies.map((policy) => policy[field].length))
}

function explanation({ id, summary, reviews, settings, exemptions, documentation }: DescribedPolicy): string {
  const lines = settings.flatMap(({ name, values, value, default: standard, description }) => [
    ...wrap(
      `${name} = ${written(value)}${same(value, standard) ? '' : ` (default ${written(standard)})`}`,
      WIDTH - 2
    ).map((line, index) => (index === 0 ? `  ${line}` : `      ${line}`)),
    ...indented(values, 6),
    ...indented(description, 6)
  ])
  const exempted = exemptions === 0 ? [] : ['', `Exemptions: ${exemptions}, see the configuration file.`]
  const seen = reviews.flatMap((what) => indented(what, 2))
  const head = [id, '', ...wrap(summary, WIDTH), '', 'Sees:', ...seen, '', 'Settings in force:', ...lines]
  return `${[...head, ...exempted, '', 'More:', documentation].join('\n')}\n`
}

function indented(text: string, by: number): string[] {
  return wrap(text, WIDTH - by).map((line) => ' '.repeat(by) + line)
}

function markdownTable(policies: readonly DescribedPolicy[]): string {
  const rows = policies.map(
    ({ id, documentation, mode, sees, summary }) =>
      `| [\`${id}\`](${documentation}) | ${mode} | ${sees.join('; ')} | ${cell(summary)} |`
  )
  return `${['| policy | mode | sees | what it keeps true |', '|---|---|---|---|', ...rows].join('\n')}\n`
}

function markdownSection({ id, summary, sees, settings, documentation }: DescribedPolicy): string {
  const rows = settings.map(
    ({ name, values, value, default: standard, description }) =>
      `| \`${name}\` | ${cell(values)} | ${code(value)} | ${code(standard)} | ${cell(description)} |`
  )
  const head = [`## [${id}](${documentation})`, '', summary, '', `Sees: ${sees.join('; ')}.`, '']
  return `${[...head, '| setting | values | in force | default | description |', '|---|---|---|---|---|', ...rows].join('\n')}\n`
}

/** A configuration may hold any text. */
function written(value: unknown): string {
  return oneLine(JSON.stringify(value))
}

function code(value: unknown): string {
  return `\`${cell(written(value)).replaceAll('`', "'")}\``
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|')
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
