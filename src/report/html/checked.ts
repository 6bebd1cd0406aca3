import type { Report, ReportedPolicy } from '../report.ts'
import { pageOf } from '../sentences.ts'
import type { Figures } from './figures.ts'
import { type Html, html, NOTHING, raw } from './markup.ts'
import { number, several, timeInWords } from './words.ts'

/** What the answer is worth: what was checked, with which settings, and which policies found nothing. */
export function checked(report: Report, { policies: found, total }: Figures): Html {
  const met = new Set(found.map(({ key }) => key))
  const [off, on] = [report.policies.filter(isOff), report.policies.filter((policy) => !isOff(policy))]
  const passed = on.filter(({ id }) => !met.has(id))
  const words = (number: number) => (number === 1 ? 'policy' : 'policies')
  return html`<section class="checked" aria-labelledby="checked-title">
<h2 id="checked-title">What was checked</h2>
${settings(report)}${policyList(`${number(passed.length)} of ${number(on.length)} ${words(on.length)} found nothing`, passed, report, total === 0)}${policyList(`${number(off.length)} ${words(off.length)} off: not checked`, off, report, false)}</section>
`
}

function isOff({ mode }: ReportedPolicy): boolean {
  return mode === 'off'
}

function policyList(words: string, policies: readonly ReportedPolicy[], { version }: Report, isOpen: boolean): Html {
  if (policies.length === 0) return NOTHING
  const items = policies.map(
    ({ id, summary, mode }) =>
      html`<li><a href="${pageOf(encodeURIComponent(id), encodeURIComponent(version))}" rel="noreferrer">${id}</a> <small>${mode}</small> <span>${summary}</span></li>\n`
  )
  return html`<details${isOpen ? raw(' open') : NOTHING}><summary>${words}</summary>
<ul class="policies">
${items}</ul>
</details>
`
}

function settings({ command, version, createdAt, source, checked, settings }: Report): Html {
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Command', `holdfast ${command}`],
    ['Version', version],
    ['Looked at', source],
    ['Objects checked', several(checked, 'object')],
    ['Begun', html`<time datetime="${createdAt}">${timeInWords(createdAt)}</time>`],
    ...(settings === undefined
      ? []
      : ([
          ['Configuration', settings.configuration ?? 'none: every field has its default'],
          ['Ceiling of all modes', settings.ceiling],
          ['Kubernetes', settings.kubernetesVersion ?? 'version not known']
        ] as const))
  ]
  return html`<dl>
${rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>\n`)}</dl>
`
}
