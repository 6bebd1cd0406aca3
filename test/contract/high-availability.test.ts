// docs/high-availability.md: what it promises at each step is what the command says of the manifests there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Report } from '../../src/report/report.ts'
import { holdfast } from '../helpers/command.ts'
import { filesIn } from '../helpers/files.ts'

const PAGE = readFileSync(new URL('../../docs/high-availability.md', import.meta.url), 'utf8')
const STEPS = PAGE.split(/^## /m).filter((section) => section.includes('```yaml'))

t.equal(STEPS.length, 5, 'the page has its steps')
for (const step of STEPS) {
  const [title = ''] = step.split('\n')
  t.test(title, async (t) => {
    const manifests = /```yaml\n([^`]+)```/.exec(step)?.[1] ?? ''
    const said = [...step.matchAll(/^\| \[`([\w-]+)`\]\([^)]*\) \| (\w+) \|/gm)].map(([, id, kind]) => `${kind} ${id}`)
    t.ok(said.length > 0 || step.includes('Nothing is found.'), 'it says what is found')
    const { stdout } = await holdfast('check', '-o', 'json', join(filesIn({ 'all.yaml': manifests }), 'all.yaml'))
    const { objects, notes } = JSON.parse(stdout) as Report
    const found = objects.flatMap(({ kind, findings }) => findings.map(({ policy }) => `${kind} ${policy}`))
    t.strictSame(found.sort(), said.sort())
    t.strictSame(notes, [], 'and everything could be seen')
  })
}
