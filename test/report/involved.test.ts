// A finding about objects that belong together names the others in every format.
import t from 'tap'
import { FORMATS, loadFormat } from '../../src/report/formats.ts'
import { policyReportsOf } from '../../src/report/policy-report/policy-report.ts'
import type { InvolvedObject, Report } from '../../src/report/report.ts'
import { cleanReport } from '../fixtures/reports.ts'

const OTHER: InvolvedObject = {
  group: 'apps',
  kind: 'StatefulSet',
  namespace: 'lab',
  name: 'the-other-one',
  location: { file: 'other.yaml', line: 12 }
}

const REPORT: Report = {
  ...cleanReport(),
  objects: [
    {
      group: '',
      kind: 'Service',
      namespace: 'lab',
      name: 'x',
      operation: 'CREATE',
      location: { file: 'x.yaml', line: 1 },
      findings: [
        {
          policy: 'query-balance',
          mode: 'warn',
          outcome: 'warned',
          level: 'warning',
          field: 'spec',
          identity: 'spec',
          message: 'it is wrong',
          remediation: 'mend it',
          involved: [OTHER, { ...OTHER, name: 'in-a-cluster', location: undefined } as unknown as InvolvedObject]
        }
      ]
    }
  ]
}

async function written(name: (typeof FORMATS)[number]['name']): Promise<string> {
  return (await loadFormat(name))(REPORT, { colour: false, width: 200, failOn: 'warn' })
}

t.test('every format names them', async (t) => {
  for (const { name } of FORMATS) {
    // Metrics count objects and name none.
    if (name === 'prometheus') continue
    const text = await written(name)
    for (const other of ['the-other-one', 'in-a-cluster']) t.match(text, other, name)
  }
  const [report] = [...policyReportsOf(REPORT, 'openreports').values()].map((make) => make())
  t.match(report?.results[0], {
    message: /Involved: StatefulSet lab\/the-other-one/,
    properties: { involved: 'StatefulSet lab/the-other-one, StatefulSet lab/in-a-cluster' }
  })
})

t.test('and where they stand', async (t) => {
  t.match(
    await written('text'),
    'involved: StatefulSet lab/the-other-one (other.yaml:12), StatefulSet lab/in-a-cluster'
  )
  t.match(await written('html'), /<span>StatefulSet lab\/the-other-one <code>other\.yaml:12<\/code><\/span>/)
  const [result] = JSON.parse(await written('sarif')).runs[0].results
  t.match(result.relatedLocations, [
    {
      id: 1,
      message: { text: 'StatefulSet lab/the-other-one' },
      physicalLocation: { artifactLocation: { uri: 'other.yaml' }, region: { startLine: 12 } }
    },
    { id: 2, physicalLocation: { artifactLocation: { uri: 'cluster-objects/lab/StatefulSet/in-a-cluster' } } }
  ])
  t.strictSame(JSON.parse(await written('json')).objects[0].findings[0].involved[0], OTHER)
})
