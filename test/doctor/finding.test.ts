// docs/doctor.md has a row for each code, and no other, with its level; and the checks find nothing else.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { diagnose } from '../../src/doctor/diagnose.ts'
import { DOCTOR_CODES, DOCTOR_LEVELS, type DoctorCheck, stateOf } from '../../src/doctor/finding.ts'
import { evidence } from '../fixtures/installation.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8')

t.test('docs/doctor.md lists every code with its level', async (t) => {
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (.+) \|$/gm)]
  t.strictSame(Object.fromEntries(rows.map(([, code, level]) => [code, level])), { ...DOCTOR_CODES })
  for (const [, code, , text = ''] of rows) t.match(text, /\.$/, `${code} ends in a full stop`)
})

t.test('docs/doctor.md has a row for every check', async (t) => {
  for (const { id } of diagnose(evidence())) t.ok(page.includes(`\n| \`${id}\` | `), id)
})

t.test('every code is found by some check', async (t) => {
  const text = globSync('src/doctor/{.,checks}/*.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('finding.ts'))
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n')
  for (const code of Object.keys(DOCTOR_CODES)) t.ok(text.includes(`'${code}'`), code)
})

t.test('the state of a check is its worst finding', async (t) => {
  const table: readonly (readonly [readonly (keyof typeof DOCTOR_CODES)[], string])[] = [
    [[], 'ok'],
    [['FAIL_OPEN_BEFORE'], 'ok'],
    [['NOT_READ'], 'unknown'],
    [['NOT_READ', 'REPLICAS_DIFFER'], 'warning'],
    [['REPLICAS_DIFFER', 'NOT_CALLED', 'NOT_READ'], 'error']
  ]
  for (const [codes, state] of table) {
    const check: DoctorCheck = { id: 'a', summary: '', findings: codes.map((code) => ({ code, message: '', fix: '' })) }
    t.equal(stateOf(check), state, String(codes))
  }
  t.strictSame([...new Set(Object.values(DOCTOR_CODES))].sort(), [...DOCTOR_LEVELS].sort(), 'each level is used')
})
