import { fencedCode, inlineCode, markdownText } from '../core/values/markdown.ts'
import { oneLine, wrap } from '../core/values/text.ts'
import { upgradeNotes } from './notes.ts'
import type { UpgradePlan } from './plan.ts'
import type { Part, Section } from './section.ts'

const NOTHING = 'The compared manifests contain no StatefulSet.'

/** Said where several have to be replaced: one upgrade is for all of them. */
const SEVERAL = 'Follow the steps of each up to "Upgrade again". Then do that step once for all of them.'

/** Placeholders are in capitals; a word like RollingUpdate is none. */
const FILL_IN = 'Replace words in capitals, such as CHART.'
const PLACEHOLDER = /\b(APP|CHART|CLAIM|FILE|NAME|NAMESPACE|RELEASE|TEMPLATE)\b/

/**
 * Plans for a terminal: wrapped sentences, and each command on a line of its own, indented by four, which is never
 * wrapped.
 */
export function planText(plans: readonly UpgradePlan[], width = 96): string {
  if (plans.length === 0) return `${NOTHING}\n`
  const blocks = plans.map((plan) => textOf(plan, width))
  const notes = upgradeNotes(plans).map((section) => sectionText(section.title, section, width))
  const intro = introOf(plans).map((sentence) => wrap(sentence, width).join('\n'))
  return `${[...intro, ...blocks, ...notes].join('\n\n')}\n`
}

function introOf(plans: readonly UpgradePlan[]): string[] {
  const blocked = plans.filter(({ fate }) => fate === 'blocked')
  const several = blocked.length > 1 ? [`${blocked.length} StatefulSets have to be replaced. ${SEVERAL}`] : []
  const commands = blocked.flatMap(({ steps }) => steps.flatMap(({ parts }) => parts.flatMap(commandsIn)))
  return [...several, ...(commands.some((command) => PLACEHOLDER.test(command)) ? [FILL_IN] : [])]
}

function commandsIn(part: Part): readonly string[] {
  return 'run' in part ? part.run : []
}

/** One plan, and nothing besides. */
export function planBlock(plan: UpgradePlan, width: number): string {
  return `${textOf(plan, width)}\n`
}

function textOf(plan: UpgradePlan, width: number): string {
  const { summary, changes, steps } = plan
  const head = [titleOf(plan), ...paragraph(summary, width)]
  if (changes !== '') head.push(...paragraph(`What changes: ${changes}.`, width))
  const numbered = steps.map((step, index) => sectionText(`${index + 1}. ${step.title}`, step, width))
  return [head.join('\n'), ...numbered].join('\n\n')
}

function titleOf({ namespace, name }: UpgradePlan): string {
  return oneLine(`StatefulSet ${namespace === '' ? '' : `${namespace}/`}${name}`, 300)
}

function sectionText(title: string, { parts }: Section, width: number): string {
  return [oneLine(title), ...parts.map((part) => partText(part, width))]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()
}

function partText(part: Part, width: number): string {
  if ('say' in part) return paragraph(part.say, width).join('\n')
  if ('list' in part) return part.list.map((item) => listed(item, width)).join('\n')
  const lines = 'run' in part ? part.run : part.yaml.split('\n')
  return ['', ...lines.map((line) => `    ${line}`), ''].join('\n')
}

function paragraph(text: string, width: number): string[] {
  return wrapped(text, width - 3).map((line) => `   ${line}`)
}

/** Blanks in a text from a file indent no line: what is indented by four is taken for a command. */
function wrapped(text: string, width: number): string[] {
  return wrap(oneLine(text), width)
}

function listed(item: string, width: number): string {
  return wrapped(item, width - 5)
    .map((line, index) => `${index === 0 ? '   - ' : '     '}${line}`)
    .join('\n')
}

/** Plans for a comment on a pull request. */
export function planMarkdown(plans: readonly UpgradePlan[]): string {
  if (plans.length === 0) return `${NOTHING}\n`
  const blocks = plans.map(markdownOf)
  const notes = upgradeNotes(plans).map((section) => sectionMarkdown(`### ${section.title}`, section))
  return `${[...introOf(plans), ...blocks, ...notes].join('\n\n')}\n`
}

function markdownOf(plan: UpgradePlan): string {
  const { summary, changes, steps } = plan
  const head = [
    `## ${inlineCode(titleOf(plan))}`,
    markdownText(summary),
    ...(changes === '' ? [] : ['What changes:', fencedCode('text', oneLine(changes))])
  ]
  return [...head, ...steps.map((step, index) => sectionMarkdown(`### ${index + 1}. ${step.title}`, step))].join('\n\n')
}

function sectionMarkdown(heading: string, { parts }: Section): string {
  return [oneLine(heading), ...parts.map(partMarkdown)].join('\n\n')
}

function partMarkdown(part: Part): string {
  if ('say' in part) return markdownText(part.say)
  if ('list' in part) return part.list.map((item) => `- ${markdownText(item)}`).join('\n')
  return 'run' in part ? fencedCode('sh', part.run.join('\n')) : fencedCode('yml', part.yaml)
}
