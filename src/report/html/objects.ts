import { cut } from '../../core/values/text.ts'
import type { ReportedObject } from '../report.ts'
import { type Entry, type Figures, keyOf, type Tally } from './figures.ts'
import { findingItem } from './finding.ts'
import { type Html, html, NOTHING } from './markup.ts'

/** Longer ones are no names that Kubernetes accepts. */
const LONGEST_NAME = 253

/** Every object with its findings. */
export function objectList({ entries, policies, namespaces }: Figures): readonly Html[] {
  const [policyAt, namespaceAt] = [indexOf(policies), indexOf(namespaces)]
  return entries.map(({ anchor, object, findings, worst }) => {
    const items = findings.map((finding) => findingItem(finding, policyAt(finding.policy)))
    return html`<article id="${anchor}" class="${worst}" data-namespace="${namespaceAt(object.namespace)}">
<h3>${fullName(object)}</h3>
${origin(object)}<ul>
${items}</ul>
</article>
`
  })
}

/** Where a name stands in the list that its filter offers. */
function indexOf(tallies: readonly Tally[]): (name: string) => number {
  const indexes = new Map(tallies.map(({ key }, index) => [key, index]))
  return (name) => indexes.get(keyOf(name)) ?? -1
}

/** A group with a dot is somebody's own; those of Kubernetes are known by their kinds. */
function fullName({ kind, group, namespace, name }: ReportedObject): Html {
  const of = group.includes('.') ? html` <small>${group}</small>` : NOTHING
  const within = namespace === '' ? NOTHING : html`<span>${namespace}/</span>`
  return html`<span class="kind">${kind}${of}</span> <span class="name">${within}${cut(name, LONGEST_NAME)}</span>`
}

function origin({ operation, location }: ReportedObject): Html {
  const parts: Html[] = []
  if (operation === 'UPDATE') parts.push(html`<span>update</span>`)
  if (location !== undefined) {
    const { file, line, template } = location
    parts.push(html` <code>${file === '-' ? 'standard input' : file}:${line}</code>`)
    if (template !== undefined) parts.push(html` <span>from <code>${template}</code></span>`)
  }
  return parts.length === 0 ? NOTHING : html`<p class="origin">${parts}</p>\n`
}

/** A way to an object from elsewhere on the page. */
export function linkTo({ anchor, object: { kind, namespace, name } }: Entry): Html {
  return html`<a href="#${anchor}"><span class="kind">${kind}</span> ${namespace === '' ? '' : `${namespace}/`}${cut(name, LONGEST_NAME)}</a>`
}
