import { inertJson } from './text.ts'

/** Words that YAML takes for something else than a text, in one of its versions. */
const NO_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** A text as a value of block YAML: as it is where nobody could take it for something else, and otherwise as JSON, which is YAML. */
export function yamlText(text: string): string {
  const isPlain = /^[A-Za-z][\w./[\]-]*(?: [\w./[\]-]+)*$/.test(text) && !NO_TEXT.test(text)
  return isPlain ? text : inertJson(JSON.stringify(text))
}
