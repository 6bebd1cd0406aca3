import { inertJson, oneLine } from '../core/values/text.ts'
import { pageAt } from '../documentation.ts'
import { DOCTOR_CODES, DOCTOR_LEVELS, type DoctorReport, findingCounts, levelOf, stateOf } from './finding.ts'

const DOCTOR_API_VERSION = 'holdfast.dev/v1alpha1'
const DOCTOR_KIND = 'HoldfastDiagnosis'

/** For programs; docs/doctor.schema.json is its schema. */
export function doctorJson(report: DoctorReport): string {
  const { version, createdAt, cluster, namespace, mode, checks } = report
  const document = {
    apiVersion: DOCTOR_API_VERSION,
    kind: DOCTOR_KIND,
    version,
    createdAt,
    cluster: oneLine(cluster),
    namespace,
    mode,
    counts: findingCounts(report),
    checks: checks.map((check) => ({
      id: check.id,
      state: stateOf(check),
      ...(stateOf(check) === 'ok' && { summary: oneLine(check.summary) }),
      findings: check.findings.map((finding) => ({
        code: finding.code,
        level: levelOf(finding),
        message: oneLine(finding.message),
        ...(finding.fix !== '' && { fix: oneLine(finding.fix) })
      }))
    }))
  }
  return `${inertJson(JSON.stringify(document, null, 2))}\n`
}

type DoctorSchema = Readonly<Record<string, unknown>>

/** The JSON Schema of what `-o json` writes. `npm run generate` writes it to docs/doctor.schema.json. */
export function doctorSchema(): DoctorSchema {
  const text = (description: string): DoctorSchema => ({ type: 'string', description })
  const finding = closedMap(
    {
      code: { enum: Object.keys(DOCTOR_CODES), description: `A code of ${pageAt('docs/doctor.md')}.` },
      level: { enum: DOCTOR_LEVELS, description: 'The level, which belongs to the code.' },
      message: text('What is wrong, or what is not known.'),
      fix: text('What to do; absent for a note.')
    },
    ['fix']
  )
  const check = closedMap(
    {
      id: text(`The check; ${pageAt('docs/doctor.md')} has a section for each.`),
      state: { enum: ['ok', 'error', 'warning', 'unknown'], description: 'The worst of its findings; a note is none.' },
      summary: text('What was seen; absent where the state is not ok.'),
      findings: { type: 'array', items: finding, description: 'What was found, or could not be read.' }
    },
    ['summary']
  )
  const counts = DOCTOR_LEVELS.map((level) => [
    level,
    { type: 'integer', minimum: 0, description: `How many findings are of level ${level}.` }
  ])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: DOCTOR_KIND,
    ...closedMap({
      apiVersion: { const: DOCTOR_API_VERSION, description: 'The version of this format.' },
      kind: { const: DOCTOR_KIND, description: 'The kind of this document.' },
      version: text('The version of Holdfast that looked.'),
      createdAt: text('When it looked: ISO 8601, UTC.'),
      cluster: text('The cluster, in words.'),
      namespace: text('The namespace of the installation.'),
      mode: {
        enum: ['audit', 'cluster-wide', 'opt-in', 'none', 'unknown'],
        description: 'The overlay that the webhook entries are of; `none` where there are no entries.'
      },
      counts: closedMap(Object.fromEntries(counts)),
      checks: { type: 'array', items: check, description: 'All checks, in the order in which they are made.' }
    })
  }
}

function closedMap(properties: Readonly<Record<string, unknown>>, optional: readonly string[] = []): DoctorSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', additionalProperties: false, required, properties }
}
