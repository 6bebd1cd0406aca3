import { cut } from '../../core/values/text.ts'
import type { ReportedObject } from '../report.ts'
import type { Entry } from './figures.ts'
import { type Html, html, NOTHING } from './markup.ts'

/** Longer ones are no names that Kubernetes accepts. */
const LONGEST_NAME = 253

/** A group with a dot is somebody's own; those of Kubernetes are known by their kinds. */
export function fullName({ kind, group, namespace, name }: ReportedObject): Html {
  const of = group.includes('.') ? html` <small>${group}</small>` : NOTHING
  const within = namespace === '' ? NOTHING : html`<span>${namespace}/</span>`
  return html`<span class="kind">${kind}${of}</span> <span class="name">${within}${cut(name, LONGEST_NAME)}</span>`
}

/** A way to an object from elsewhere on the page. */
export function linkTo({ anchor, object: { kind, namespace, name } }: Entry): Html {
  return html`<a href="#${anchor}"><span class="kind">${kind}</span> ${namespace === '' ? '' : `${namespace}/`}${cut(name, LONGEST_NAME)}</a>`
}
