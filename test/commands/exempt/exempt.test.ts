// Exemptions that are printed for what is found, and those of a configuration that have nothing to do.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Report } from '../../../src/report/report.ts'
import { claimVolume, prometheus } from '../../fixtures/prometheus.ts'
import { filesIn } from '../../helpers/files.ts'
import { holdfastAt, holdfastIn } from '../../helpers/in-directory.ts'

const bad = (name: string, parts: JsonObject = {}): JsonObject =>
  prometheus({ replicas: 2, resources: {}, metadata: { name, ...parts }, volumes: [claimVolume(name)] })

/** Its Pods are warned about, because nobody knows what their image holds. */
const pushgateway = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'pgw', namespace: 'lab' },
  spec: {
    selector: { matchLabels: { app: 'pgw' } },
    template: {
      metadata: { labels: { app: 'pgw' } },
      spec: { containers: [{ name: 'pushgateway', image: 'example.org/own/pushgateway:v1.11.0' }] }
    }
  }
}

const FILES = {
  '.git': '',
  '.holdfast.yaml': 'check: { paths: [deploy], failOn: warning }\n',
  'deploy/a.json': JSON.stringify(bad('a')),
  'deploy/b.json': JSON.stringify(bad('b')),
  'deploy/pgw.json': JSON.stringify(pushgateway)
}

interface Printed {
  readonly policies: readonly string[]
  readonly namespaces?: readonly string[]
  readonly names: readonly string[]
  readonly reason: string
  readonly expires: string
}

function exemptionsIn(stdout: string): readonly Printed[] {
  return parse(stdout).exemptions
}

async function levelsIn(
  directory: string
): Promise<{ code: unknown; levels: readonly string[]; notes: readonly string[] }> {
  const { stdout, code } = await holdfastAt(directory, ['check', '-o', 'json'])
  const { objects, notes } = JSON.parse(stdout) as Report
  const levels = new Set(objects.flatMap(({ findings }) => findings.map(({ level }) => level)))
  return { code, levels: [...levels].sort(), notes }
}

t.test('what is printed exempts all that was found, and nothing else', async (t) => {
  const directory = filesIn(FILES)
  t.match(await levelsIn(directory), { code: 1, levels: ['error', 'warning'] })
  const { stdout, stderr, code } = await holdfastAt(directory, [
    'exempt',
    '--reason',
    'ticket: 1',
    '--expires=2999-01-31'
  ])
  t.match({ stderr, code }, { stderr: '', code: 0 })
  t.match(
    stdout,
    /^# For the configuration file \.holdfast\.yaml; .*\nexemptions:\n {2}# Deployment monitoring\/a in deploy\/a\.json\n/
  )
  t.match(stdout, /\n {6}# error: .*\n {6}- shared-tsdb-claim\n/)
  const common = { reason: 'ticket: 1', expires: '2999-01-31' }
  const [a, b, pgw, ...more] = exemptionsIn(stdout)
  t.strictSame(a, {
    policies: ['shared-tsdb-claim', 'prometheus-resources', 'prometheus-availability'],
    namespaces: ['monitoring'],
    names: ['a'],
    ...common
  })
  t.strictSame(b?.names, ['b'])
  t.strictSame(pgw, { policies: ['pushgateway-graceful-stop'], namespaces: ['lab'], names: ['pgw-*'], ...common })
  t.strictSame(more, [])

  writeFileSync(join(directory, '.holdfast.yaml'), FILES['.holdfast.yaml'] + stdout)
  t.match(await levelsIn(directory), { code: 0, levels: ['note'] }, 'and all of it counts')
  const again = await holdfastAt(directory, ['exempt', '--reason=x'])
  t.match(again, { code: 0, stdout: '', stderr: 'holdfast: there is no error and no warning to exempt\n' })

  writeFileSync(join(directory, 'deploy/c.json'), JSON.stringify(bad('a', { namespace: 'other' })))
  t.match(await levelsIn(directory), { code: 1 }, 'another namespace is not covered')
})

t.test('what a baseline of the configuration knows is named, and can be exempted', async (t) => {
  const configuration = FILES['.holdfast.yaml'].replace('paths', 'baseline: known.yaml, paths')
  const directory = filesIn({ ...FILES, '.holdfast.yaml': configuration })
  await holdfastAt(directory, ['check', '--write-baseline', 'known.yaml', '-o', 'json'])
  const known = await holdfastAt(directory, ['exempt', '--reason=x'])
  t.match(known, { code: 0, stdout: '' })
  t.match(
    known.stderr,
    /^holdfast: there is no error and no warning to exempt besides \d+ findings in the baseline known\.yaml: to exempt those, set --baseline=\/dev\/null\n$/
  )
  const all = await holdfastAt(directory, ['exempt', '--reason=x', '--baseline=/dev/null'])
  t.match(all, { code: 0, stderr: '' })
  t.strictSame(
    exemptionsIn(all.stdout).map(({ names }) => names),
    [['a'], ['b'], ['pgw-*']]
  )
})

t.test('which ones', async (t) => {
  const bare = JSON.stringify(bad('a')).replace('"namespace":"monitoring",', '')
  const table: readonly (readonly [what: string, args: readonly string[], policies: readonly (readonly string[])[]])[] =
    [
      ['one policy', ['--only=prometheus-resources', 'deploy/a.json'], [['prometheus-resources']]],
      [
        'all but one',
        ['--exclude=prometheus-resources', 'deploy/a.json'],
        [['shared-tsdb-claim', 'prometheus-availability']]
      ],
      ['paths of the configuration', ['--only=shared-tsdb-claim'], [['shared-tsdb-claim'], ['shared-tsdb-claim']]],
      ['without what a baseline knows', ['--baseline=known.yaml', '--only=shared-tsdb-claim'], [['shared-tsdb-claim']]]
    ]
  const directory = filesIn({ ...FILES, 'bare.json': bare })
  await holdfastAt(directory, ['check', '--write-baseline=known.yaml', 'deploy/a.json'])
  for (const [what, args, policies] of table) {
    const { stdout } = await holdfastAt(directory, ['exempt', '--reason=x', ...args])
    t.strictSame(
      exemptionsIn(stdout).map((one) => one.policies),
      policies,
      what
    )
  }
  const unnamed = await holdfastAt(directory, ['exempt', '--reason=x', 'bare.json'])
  t.notOk(exemptionsIn(unnamed.stdout)[0]?.namespaces)
  t.match(unnamed.stdout, '# The file names no namespace, so this is about any. To name one, set -n.')
  const named = await holdfastAt(directory, ['exempt', '--reason=x', '-n', 'lab', 'bare.json'])
  t.strictSame(exemptionsIn(named.stdout)[0]?.namespaces, ['lab'])
})

t.test('when they end', async (t) => {
  const today = Math.floor(Date.now() / 86_400_000)
  const table: readonly (readonly [args: readonly string[], days: number])[] = [
    [[], 90],
    [['--expires=30d'], 30],
    [['--expires=1d'], 1]
  ]
  for (const [args, days] of table) {
    const { stdout } = await holdfastIn(FILES, ['exempt', '--reason=x', ...args])
    const expires = Date.parse(exemptionsIn(stdout)[0]?.expires ?? '') / 86_400_000
    // A test may run over midnight.
    t.ok([today + days, today + days + 1].includes(expires), `${args}: ${expires}`)
  }
})

t.test('what cannot be done', async (t) => {
  const table: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
    [[], /required option '--reason <text>'/],
    [['--reason='], /It may not be empty/],
    [
      ['--reason=x', '--expires=2020-01-01'],
      /first day without the exemptions, and 2020-01-01 has come\. .*\[FLAG_INVALID\]/
    ],
    [['--reason=x', '--expires=2027-02-30'], /a day such as 2027-01-31, or a number of days such as 30d/],
    [['--reason=x', '--expires=0d'], /a day such as 2027-01-31/],
    [['--reason=x', '--expires=soon'], /a day such as 2027-01-31/]
  ]
  for (const [args, stderr] of table)
    t.match(await holdfastIn(FILES, ['exempt', ...args]), { code: 2, stderr, stdout: '' })
  const part = await holdfastIn({ ...FILES, 'deploy/a.json': '{' }, ['exempt', '--reason=x'])
  t.match(part, { code: 2, stderr: /^holdfast: deploy\/a\.json:1: It cannot be read/ })
  t.strictSame(exemptionsIn(part.stdout)[0]?.names, ['b'], 'the rest is printed')
})

t.test('exemptions with nothing to do are told', async (t) => {
  const exemption = (policy: string, name: string, more = ''): string =>
    `  - { policies: [${policy}], names: [${name}], reason: x${more} }\n`
  const configuration = [
    'check: { paths: [deploy] }\nexemptions:\n',
    exemption('shared-tsdb-claim', 'a'),
    exemption('shared-tsdb-claim', 'gone'),
    exemption('prometheus-resources', 'b', ", expires: '2020-01-01'"),
    exemption('pushgateway-graceful-stop', '"pgw-*"'),
    exemption('claim-of-two-servers', 'a'),
    exemption('stop-grace-period', 'a')
  ].join('')
  const files = { ...FILES, '.holdfast.yaml': configuration }
  const unused = '.holdfast.yaml: exemptions[1], exemptions[4] exempt nothing in this run'
  const table: readonly (readonly [what: string, args: readonly string[], note: string | undefined])[] = [
    ['all', [], unused],
    ['a part of what the file names', ['deploy/a.json'], undefined],
    [
      'without one policy',
      ['--exclude=claim-of-two-servers'],
      '.holdfast.yaml: exemptions[1] exempts nothing in this run'
    ],
    ['with something unreadable', ['--previous=none.yaml'], undefined]
  ]
  for (const [what, args, note] of table) {
    const { stdout } = await holdfastIn(files, ['check', '-o', 'json', ...args])
    const notes = (JSON.parse(stdout) as Report).notes.filter((text) => text.includes('nothing in this run'))
    t.strictSame(notes, note === undefined ? [] : [note], what)
  }
  const { stdout } = await holdfastIn(files, ['check'])
  t.match(
    stdout.replaceAll(/\s+/g, ' '),
    'exemptions[2].expires: 2020-01-01 has come, and the exemption no longer counts'
  )
})
