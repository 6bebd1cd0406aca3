// The text of a template: YAML, with actions of Go's templates on lines of their own.

import { Document, isCollection, isScalar, Scalar, stringify, visit } from 'yaml'
import { type Entry, type Item, isMap, type Node, sortedKeys } from './merge.ts'

/** The namespace that the manifests have; the chart has that of the release. */
const NAMESPACE = 'holdfast-system'
const RELEASE_NAMESPACE = '{{ .Release.Namespace }}'

const WIDTH = 120

/** @param item an object of Kubernetes */
export function templateOf(item: Item): string {
  const lines = linesOf(item.node, '')
  return `${wrapped(item.when, '', lines).join('\n')}\n`
}

function linesOf(node: Node, indent: string): string[] {
  if (node.type === 'map') return node.entries.flatMap((entry) => entryLines(entry, indent))
  if (node.type === 'list') return node.items.flatMap((item) => itemLines(item, indent))
  if (node.type === 'value') return yamlLines(node.value, indent)
  throw new Error(`a ${node.type} stands behind a key or a dash`)
}

function entryLines({ key, when, append, node }: Entry, indent: string): string[] {
  if (append !== undefined) return appended(append, indent)
  if (node.type === 'choice') {
    return choiceLines(node.cases, indent, (it) => entryLines({ key, node: it }, indent))
  }
  return wrapped(when, indent, keyLines(key, node, indent))
}

function keyLines(key: string, node: Node, indent: string): string[] {
  if (node.type === 'text') return [`${indent}${key}: ${node.text}`]
  if (node.type === 'block') return [`${indent}${key}:`, nindent(node.expression, indent.length + 2, indent)]
  if (node.type === 'value') return yamlLines({ [key]: node.value }, indent)
  return [`${indent}${key}:`, ...linesOf(node, `${indent}  `)]
}

function itemLines({ when, append, node }: Item, indent: string): string[] {
  if (append !== undefined) return appended(append, indent)
  if (node.type === 'choice') return choiceLines(node.cases, indent, (it) => itemLines({ node: it }, indent))
  if (node.type === 'text') return wrapped(when, indent, [`${indent}- ${node.text}`])
  const lines = linesOf(node, `${indent}  `)
  const first = lines.findIndex((line) => !line.trimStart().startsWith('{{'))
  // The dash needs a line that is always there, and `name` is one.
  if (first !== 0) throw new Error(`an item begins with a condition: ${lines[0]}`)
  const [line = '', ...rest] = lines
  return wrapped(when, indent, [`${indent}- ${line.slice(indent.length + 2)}`, ...rest])
}

function choiceLines(
  cases: readonly { when?: string; node: Node }[],
  indent: string,
  write: (node: Node) => string[]
): string[] {
  const parts = cases.flatMap(({ when, node }, index) => {
    const word = when === undefined ? 'else' : `${index === 0 ? '' : 'else '}if ${when}`
    return [`${indent}{{- ${word} }}`, ...write(node)]
  })
  return [...parts, `${indent}{{- end }}`]
}

function wrapped(when: string | undefined, indent: string, lines: string[]): string[] {
  if (when === undefined) return lines
  return [`${indent}{{- if ${when.replace(/^\((.*)\)$/, '$1')} }}`, ...lines, `${indent}{{- end }}`]
}

function appended(expression: string, indent: string): string[] {
  return [`${indent}{{- with ${expression} }}`, nindent('.', indent.length, indent), `${indent}{{- end }}`]
}

function nindent(expression: string, columns: number, indent: string): string {
  return `${indent}{{- toYaml ${expression} | nindent ${columns} }}`
}

/** YAML in the order of `sortedKeys`, with long strings folded and the namespace of the release. */
function yamlLines(value: unknown, indent: string): string[] {
  // Helm reads YAML 1.1, in which off is a boolean and 17:30 a number.
  const document = new Document(sorted(value), { aliasDuplicateObjects: false, schema: 'yaml-1.1' })
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== 'string') return
      if (scalar.value.includes('\n')) scalar.type = Scalar.BLOCK_LITERAL
      else if (scalar.value.includes(NAMESPACE)) scalar.type = Scalar.QUOTE_DOUBLE
      else if (scalar.value.length > WIDTH - indent.length) scalar.type = Scalar.BLOCK_FOLDED
    },
    Collection(_, collection) {
      if (isCollection(collection)) collection.flow = isFlow(collection.items)
    }
  })
  const text = stringify(document, { lineWidth: WIDTH - indent.length, flowCollectionPadding: false })
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${escaped(line)}`.trimEnd().replaceAll(NAMESPACE, RELEASE_NAMESPACE))
}

/** What Prometheus and Grafana expand is no action of this template. */
function escaped(line: string): string {
  return line.replaceAll('{{', '{{ "{{" }}')
}

/** A short list of words, or nothing, on one line. */
function isFlow(items: readonly unknown[]): boolean {
  return items.every((item) => isScalar(item) && String(item.value).length < 30) && items.length < 5
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isMap(value)) return value
  return Object.fromEntries(sortedKeys([value]).map((key) => [key, sorted(value[key])]))
}
