import { readFileSync } from 'node:fs'
import { isMap, parseAllDocuments } from 'yaml'
import type { JsonObject } from '../../src/core/values/json.ts'
import type { Sample } from './positive-cases.ts'

/** What the examples under the third heading of a policy's page come to. */
export const OUTCOME_UNDER: Readonly<Record<string, string>> = {
  Refused: 'denied',
  Repaired: 'patched',
  Advised: 'warned',
  Noted: 'audited'
}

export function pageOf(id: string): string {
  return readFileSync(new URL(`../../docs/policies/${id}.md`, import.meta.url), 'utf8')
}

export function sectionOf(page: string, heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`)
  return after.split('\n## ')[0] as string
}

/** The objects of each example under a heading, for a policy over Sets. */
export function setExamplesUnder(page: string, heading: string): (readonly JsonObject[])[] {
  return yamlUnder(page, heading).map(objectsIn)
}

function yamlUnder(page: string, heading: string): string[] {
  return [...sectionOf(page, heading).matchAll(/```yaml\n([^`]+)```/g)].map(([, yaml = '']) => yaml)
}

/** The YAML under a heading. One document is a creation, two are an update: first what runs now. */
export function examplesUnder(page: string, heading: string): Sample[] {
  return yamlUnder(page, heading).map((yaml) => {
    const [first, second] = objectsIn(yaml)
    if (first === undefined) throw new Error(`an example is YAML: ${yaml}`)
    return second === undefined ? { object: first } : { object: second, oldObject: first }
  })
}

function objectsIn(yaml: string): JsonObject[] {
  const documents = parseAllDocuments(yaml)
  if ('empty' in documents) return []
  return documents.flatMap((document) => (isMap(document.contents) ? [document.toJS() as JsonObject] : []))
}

/** The examples in which the policy finds something. */
export function findingExamplesOf(id: string): Sample[] {
  const page = pageOf(id)
  return Object.keys(OUTCOME_UNDER).flatMap((heading) => examplesUnder(page, heading))
}
