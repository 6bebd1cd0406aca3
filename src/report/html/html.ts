import { createHash } from 'node:crypto'
import type { FormatOptions } from '../format.ts'
import type { Report } from '../report.ts'
import { SCRIPT, STYLE } from './assets.ts'
import { checked } from './checked.ts'
import { type Figures, figuresOf } from './figures.ts'
import { ICON } from './mark.ts'
import { type Html, html, raw } from './markup.ts'
import { findings, incomplete, nextUpgrade, remarks, skipLink } from './sections.ts'
import { masthead } from './summary.ts'
import { breakdown } from './tables.ts'
import { trend } from './trend.ts'
import { headline, isIncomplete } from './words.ts'

/**
 * For people with a browser: one file that loads nothing, so that it can be an artefact of a CI run or an attachment.
 * Names and messages come from YAML of anybody's making; should one of them ever become markup, the policy below still
 * runs no script but ours.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'"
].join('; ')

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

export function htmlReport(given: Report, options: FormatOptions): string {
  const listed = given.objects.length + (given.leftOut?.objects ?? 0)
  // Of objects that belong together, one may be listed that no policy was asked about by itself.
  const report = { ...given, checked: Math.max(given.checked, listed) }
  const figures = figuresOf(report)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(CONTENT_SECURITY_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${isIncomplete(report, figures) ? 'Incomplete: ' : ''}${headline(report, figures)} – Holdfast ${report.command}</title>
<link rel="icon" href="${ICON}">
<style>${raw(STYLE)}</style>
</head>
<body>
${skipLink(figures)}${incomplete(report, figures)}${masthead(report, figures)}<main class="wide">${nextUpgrade(figures)}${breakdown(report, figures)}${trendOf(report, figures, options)}${findings(report, figures)}${remarks(report)}${checked(report, figures)}</main>
<p id="said" class="aside" role="status"></p>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`.text
}

/** Of the earlier runs and this one. */
function trendOf(report: Report, figures: Figures, { trend: earlier = [] }: FormatOptions): Html {
  const { createdAt, source, checked } = report
  const isComplete = !isIncomplete(report, figures)
  const now = { createdAt, source, checked, counts: figures.counts, failing: figures.failing.length, isComplete }
  return trend([...earlier, now])
}
