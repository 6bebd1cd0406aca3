import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import t from 'tap'
import { isObject } from '../../src/core/values/json.ts'
import { oneLine } from '../../src/core/values/text.ts'
import { loadFormat } from '../../src/report/formats.ts'
import { inLines } from '../../src/report/in-lines.ts'
import { reportSchema } from '../../src/report/json-schema.ts'
import { countsOf, type Report } from '../../src/report/report.ts'
import { AWKWARD, FULL, HOSTILE, report } from '../fixtures/machine-reports.ts'

const write = await loadFormat('json')
const jsonReport = (report: Report): string => write(report, { colour: false, width: 80 })

const validate: ValidateFunction = new Ajv({ strict: true, allErrors: true }).compile(reportSchema())

const REPORTS: readonly (readonly [string, Report])[] = [
  ['one of everything', FULL],
  ['nothing found', report()],
  ['awkward texts', HOSTILE],
  ['a baseline', report({ baseline: { file: 'known.yaml', error: 2, warning: 1, note: 0, gone: 3 } })]
]

t.test('a report says all of it, and is valid', async (t) => {
  for (const [name, made] of REPORTS) {
    const text = jsonReport(made)
    const { apiVersion, kind, counts, ...rest } = JSON.parse(text)
    t.ok(validate(JSON.parse(text)), `${name}: ${JSON.stringify(validate.errors)}`)
    const { checked, ...same } = inLines(made)
    t.strictSame(rest, { ...same, judged: checked }, name)
    t.strictSame([apiVersion, kind], ['holdfast.dev/v1alpha2', 'HoldfastReport'])
    t.ok(text.endsWith('}\n'))
    t.ok(counts)
  }
})

t.test('the counts', async (t) => {
  t.strictSame(JSON.parse(jsonReport(FULL)).counts, { error: 4, warning: 1, note: 3 })
})

t.test('what a program prints of it is harmless, and says what was there', async (t) => {
  const text = jsonReport(HOSTILE)
  t.ok(text.isWellFormed())
  const { source } = JSON.parse(text)
  t.equal(source, oneLine(AWKWARD))
  t.match(source, '\\u0000\\u0007\\u001b[31m\\r\\n\\t\\u2028\\u202e\ufffd')
})

t.test('the schema refuses what is not in it', async (t) => {
  const valid = JSON.parse(jsonReport(FULL))
  const wrong: readonly (readonly [string, unknown])[] = [
    ['a field more', { ...valid, extra: 1 }],
    ['a field less', { ...valid, judged: undefined }],
    ['a field more, deep down', { ...valid, objects: [{ ...valid.objects[0], extra: 1 }] }],
    ['another version', { ...valid, apiVersion: 'holdfast.dev/v2' }],
    ['a line 0', { ...valid, problems: [{ ...valid.problems[0], line: 0 }] }],
    ['a local time', { ...valid, createdAt: '2026-11-05T08:30:00+01:00' }]
  ]
  for (const [name, document] of wrong) t.notOk(validate(JSON.parse(JSON.stringify(document))), name)
})

t.test('the example in the documentation is valid', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reports.md'), 'utf8')
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
  t.ok(validate(JSON.parse(example)), JSON.stringify(validate.errors))
  t.strictSame(countsOf(JSON.parse(example)), JSON.parse(example).counts)
})

t.test('every field of the schema is described, and every map is closed', async (t) => {
  let fields = 0
  const waiting: (readonly [string, unknown])[] = [['', reportSchema()]]
  for (const [path, schema] of waiting) {
    if (!isObject(schema)) continue
    if (schema.type === 'object') t.equal(schema.additionalProperties, false, `${path} is closed`)
    if (schema.items) waiting.push([`${path}[]`, schema.items])
    for (const [name, field] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
      fields++
      t.ok(isObject(field) && field.description, `${path}.${name} is described`)
      waiting.push([`${path}.${name}`, field])
    }
  }
  t.ok(fields > 35)
})
