import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { isMap, parseAllDocuments } from 'yaml'
import { typeWords } from '../../scripts/generated.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { OptionField } from '../../src/core/options.ts'
import type { Policy } from '../../src/core/policy.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, enforced } from '../helpers/rules.ts'

/** What the examples under the third heading of a page come to. */
const OUTCOME_UNDER: Readonly<Record<string, string>> = { Refused: 'denied', Repaired: 'patched', Advised: 'warned' }

const ROOT = join(import.meta.dirname, '../..')

const files = globSync('src/policies/*.ts', { cwd: ROOT })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'index')

t.test('one id names the file, the line in the index, the test and the page', async (t) => {
  t.strictSame(POLICIES.map(({ id }) => id).sort(), files.sort(), 'each file is in the index, under its own name')
  for (const id of files) {
    t.ok(existsSync(join(ROOT, `test/policies/${id}.test.ts`)), `${id} has a test`)
    t.ok(existsSync(join(ROOT, `docs/policies/${id}.md`)), `${id} has a page`)
  }
  const pages = globSync('docs/policies/*.md', { cwd: ROOT }).map((file) => basename(file, '.md'))
  t.strictSame(pages.sort(), files.sort(), 'each page has a policy')
})

t.test('each policy says what it is', async (t) => {
  for (const { id, summary, matches } of POLICIES) {
    t.match(id, /^[a-z]+(-[a-z]+)+$/, `${id}: dashes`)
    t.match(summary, /^[A-Z].*\.$/, `${id}: a sentence`)
    t.ok(matches.length > 0, `${id}: matches something`)
  }
})

for (const policy of POLICIES) {
  t.test(`the page of ${policy.id}`, async (t) => {
    const page = readFileSync(join(ROOT, `docs/policies/${policy.id}.md`), 'utf8')
    const headings = [...page.matchAll(/^#{1,2} (.+)$/gm)].map(([, heading]) => heading)
    const [title, stops, bad, ...rest] = headings
    t.equal(title, policy.id)
    t.equal(stops, 'What it stops')
    const outcome = OUTCOME_UNDER[String(bad)]
    t.ok(outcome, `${bad} is one of ${Object.keys(OUTCOME_UNDER)}`)
    t.strictSame(rest, ['Accepted', 'Options', 'When to turn it off', 'At 3 a.m.'])

    t.strictSame(optionRows(page), expectedRows(policy), 'the table of options is what the policy declares')
    const wrong = examples(page, String(bad))
    t.ok(wrong.length > 0, `${bad} has examples`)
    for (const example of wrong)
      t.ok(outcomesOf(policy, example).includes(String(outcome)), `${bad}: ${example.slice(0, 200)}`)
    const fine = examples(page, 'Accepted')
    t.ok(fine.length > 0, 'Accepted has examples')
    for (const example of fine) t.strictSame(outcomesOf(policy, example), [], `Accepted: ${example.slice(0, 200)}`)
  })
}

function section(page: string, heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`)
  return after.split('\n## ')[0] as string
}

function examples(page: string, heading: string): string[] {
  return [...section(page, heading).matchAll(/```yaml\n([^`]+)```/g)].map(([, yaml = '']) => yaml)
}

/** One document is a creation, two are an update. */
function outcomesOf(policy: Policy, yaml: string): string[] {
  const documents = parseAllDocuments(yaml)
  const objects = documents.map((document) => {
    t.ok(!('empty' in documents) && isMap(document.contents), 'an example is YAML')
    return document.toJS() as JsonObject
  })
  const [first = {}, second] = objects
  const subject = second === undefined ? subjectOf(first, undefined) : subjectOf(second, first)
  const { verdicts } = decisionFor(subject, [enforced(policy)], context())
  return verdicts.map(({ outcome }) => outcome)
}

function optionRows(page: string): string[][] {
  const rows = section(page, 'Options')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  // Rows of four cells: a table of annotations may follow, which has three.
  const cells = rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
  return cells.filter(({ length }) => length === 4)
}

function expectedRows({ options, defaultMode }: Policy): string[][] {
  const mode: OptionField = {
    type: 'string',
    enum: ['off', 'audit', 'warn', 'enforce'],
    default: defaultMode,
    description: 'How far this policy goes.'
  }
  return Object.entries({ mode, ...options }).map(([name, field]) => {
    return [`\`${name}\``, typeWords(field), `\`${JSON.stringify(field.default)}\``, field.description]
  })
}
