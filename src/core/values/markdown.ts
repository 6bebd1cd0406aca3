import { oneLine } from './text.ts'

/** Texts with names from files in them, as a comment on a pull request shows them: none of them is markup. */

/**
 * A text in which nothing becomes a link, a formula, a tag, a person who is notified, or a reference to an issue. GitHub
 * looks for the last two in what Markdown leaves behind, where a backslash is gone: a comment keeps them apart.
 */
export function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_~<>[\]|#@&$]|:(?=\/\/)|(?<=\bwww)\./gi, '\\$&')
    .replaceAll(/\\[@#]/g, '$&<!-- -->')
}

/** A block of code, between fences that are longer than any in the text. */
export function fencedCode(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

/** A name in code, where nothing is looked for. */
export function inlineCode(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'") || ' '}\``
}
