import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { POLICY_ID } from '../../scripts/scaffold.ts'
import { decisionFor } from '../../src/core/decide.ts'
import { isSetPolicy, type Policy, type SetPolicy } from '../../src/core/policy.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, enforced } from '../helpers/configured.ts'
import { examplesUnder, OUTCOME_UNDER, pageOf, sectionOf, setExamplesUnder } from '../helpers/policy-pages.ts'
import type { Sample } from '../helpers/positive-cases.ts'
import { evaluateObjects } from '../helpers/set-policy-tester.ts'

const ROOT = join(import.meta.dirname, '../..')

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

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
  const changelog = read('CHANGELOG.md')
  for (const policy of POLICIES) {
    const { id, summary, matches } = policy
    t.match(id, POLICY_ID, `${id}: dashes`)
    t.match(summary, /^[A-Z].*\.$/, `${id}: the summary is a sentence`)
    t.ok(isSetPolicy(policy) ? policy.reads.length > 0 : matches.length > 0, `${id}: matches something`)
    t.ok(changelog.includes(`\`${id}\``), `${id}: CHANGELOG.md has a line about it`)
  }
})

t.test('README.md says of each policy what it does', async (t) => {
  const rows = [...read('README.md').matchAll(/^\| \[`([\w-]+)`\]\(docs\/policies\/[\w-]+\.md\) \|(.*)\|$/gm)]
  const cells = new Map(rows.map(([, id = '', rest = '']) => [id, rest.split(/(?<!\\)\|/).map((it) => it.trim())]))
  const ids = rows.map(([, id]) => id)
  t.strictSame(ids.sort(), POLICIES.map(({ id }) => id).sort(), 'one row for each, in one of its tables')
  for (const [id, row] of cells) t.ok(row.length === 3 && row.every((cell) => cell !== ''), `${id}: no cell is empty`)
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

    t.notMatch(page, /^\|(?: [^|]+\|)+ *\|$/m, 'no cell of a table is empty')
    for (const heading of ['What it stops', 'When to turn it off'])
      t.match(sectionOf(page, heading), /\w/, `${heading} says something`)
    const outcomesUnder = (heading: string): string[][] =>
      isSetPolicy(policy)
        ? setExamplesUnder(page, heading).map((objects) => outcomesOfSet(policy, objects))
        : examplesUnder(page, heading).map((example) => outcomesOf(policy, example))
    const wrong = outcomesUnder(String(bad))
    t.ok(wrong.length > 0, `${bad} has examples`)
    for (const [index, outcomes] of wrong.entries())
      t.ok(outcomes.includes(String(outcome)), `${bad}, example ${index + 1}`)
    const fine = outcomesUnder('Accepted')
    t.ok(fine.length > 0, 'Accepted has examples')
    for (const [index, outcomes] of fine.entries()) t.strictSame(outcomes, [], `Accepted, example ${index + 1}`)
  })
}

function outcomesOfSet(policy: SetPolicy, objects: readonly JsonObject[]): string[] {
  return evaluateObjects(policy, objects).verdicts.map(({ verdict }) => verdict.outcome)
}

function outcomesOf(policy: Policy, { object, oldObject }: Sample): string[] {
  const { verdicts } = decisionFor(subjectOf(object, oldObject), [enforced(policy)], context())
  return verdicts.map(({ outcome }) => outcome)
}
