import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { typeWords } from '../../scripts/generated.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { OptionField } from '../../src/core/options.ts'
import type { Policy } from '../../src/core/policy.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { examplesUnder, OUTCOME_UNDER, pageOf, sectionOf } from '../helpers/policy-pages.ts'
import type { Sample } from '../helpers/positive-cases.ts'
import { context, enforced } from '../helpers/rules.ts'

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
    const page = pageOf(policy.id)
    const headings = [...page.matchAll(/^#{1,2} (.+)$/gm)].map(([, heading]) => heading)
    const [title, stops, bad, ...rest] = headings
    t.equal(title, policy.id)
    t.equal(stops, 'What it stops')
    const outcome = OUTCOME_UNDER[String(bad)]
    t.ok(outcome, `${bad} is one of ${Object.keys(OUTCOME_UNDER)}`)
    t.strictSame(rest, ['Accepted', 'Options', 'When to turn it off', 'At 3 a.m.'])

    t.strictSame(optionRows(page), expectedRows(policy), 'the table of options is what the policy declares')
    const wrong = examplesUnder(page, String(bad))
    t.ok(wrong.length > 0, `${bad} has examples`)
    for (const [index, example] of wrong.entries())
      t.ok(outcomesOf(policy, example).includes(String(outcome)), `${bad}, example ${index + 1}`)
    const fine = examplesUnder(page, 'Accepted')
    t.ok(fine.length > 0, 'Accepted has examples')
    for (const [index, example] of fine.entries())
      t.strictSame(outcomesOf(policy, example), [], `Accepted, example ${index + 1}`)
  })
}

function outcomesOf(policy: Policy, { object, oldObject }: Sample): string[] {
  const { verdicts } = decisionFor(subjectOf(object, oldObject), [enforced(policy)], context())
  return verdicts.map(({ outcome }) => outcome)
}

function optionRows(page: string): string[][] {
  const rows = sectionOf(page, 'Options')
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
