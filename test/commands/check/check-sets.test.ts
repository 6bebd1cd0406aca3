// What belongs together among the files of one run.
import { join } from 'node:path'
import t from 'tap'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Report } from '../../../src/report/report.ts'
import { pair, service } from '../../fixtures/sets.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'

const BALANCE = 'query-balance'

interface Checked {
  readonly code: unknown
  /** `Service a/prometheus dev/service.yaml:1 with StatefulSet a/prometheus dev/sts.yaml:1` */
  readonly found: readonly string[]
  readonly notes: readonly string[]
}

async function check(
  files: Readonly<Record<string, readonly JsonObject[] | string>>,
  ...args: string[]
): Promise<Checked> {
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : content.map((one) => JSON.stringify(one)).join('\n---\n')
  ])
  const directory = filesIn(Object.fromEntries(texts))
  const { stdout, code } = await holdfast('check', '-o', 'json', ...args, directory)
  const report = JSON.parse(stdout) as Report
  const at = ({ location }: { location?: Report['objects'][number]['location'] }): string =>
    `${location?.file.slice(directory.length + 1)}:${location?.line}`
  for (const { findings } of report.objects)
    for (const { line, column, frame } of findings)
      if (!line || !column || !frame?.lines[line - frame.first]) throw new Error('a finding without its place')
  const found = report.objects.flatMap((object) =>
    object.findings
      .filter(({ policy }) => policy === BALANCE)
      .map(({ involved = [] }) => {
        const others = involved.map((other) => `${other.kind} ${other.namespace}/${other.name} ${at(other)}`)
        return `${object.kind} ${object.namespace}/${object.name} ${at(object)} with ${others.join()}`
      })
  )
  return { code, found, notes: report.notes.filter((note) => note.includes(BALANCE)) }
}

function within(namespace: string | undefined, object: JsonObject): JsonObject {
  const { namespace: _, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata: { ...metadata, ...(namespace !== undefined && { namespace }) } }
}

const [SERVICE, SERVER] = [service(), pair()]
const FOUND = 'Service lab/prometheus'

t.test('one stream, and a directory of files', async (t) => {
  const stream = await check({ 'all.yaml': [within('lab', SERVICE), within('lab', SERVER)] })
  t.strictSame(stream.found, [`${FOUND} all.yaml:1 with StatefulSet lab/prometheus all.yaml:3`])
  t.equal(stream.code, 0, 'it is a warning')
  const files = await check({ 'a/service.yaml': [within('lab', SERVICE)], 'b/sts.yaml': [within('lab', SERVER)] })
  t.strictSame(files.found, [`${FOUND} a/service.yaml:1 with StatefulSet lab/prometheus b/sts.yaml:1`])
  const config = join(filesIn({ 'c.yaml': `policies: { ${BALANCE}: { mode: enforce } }` }), 'c.yaml')
  t.equal((await check({ 'a.yaml': [SERVICE, SERVER] }, `--config=${config}`)).code, 1, 'unless it is enforced')
})

t.test('namespaces', async (t) => {
  const two = { 'all.yaml': [within('lab', SERVICE), within('prod', SERVER)] }
  t.match(
    await check(two),
    { found: { length: 0 }, notes: [/in the namespace prod: the input contains no Service/] },
    'objects in two have nothing to do with each other'
  )
  const unnamed = [within(undefined, SERVICE), within('lab', SERVER)]
  t.equal((await check({ 'all.yaml': unnamed })).found.length, 1, 'what names none is in the one that is named')
  const several = await check({ 'all.yaml': [...unnamed, within('prod', SERVER)] })
  t.strictSame(several.found, [], 'unless there are several')
  t.match(several.notes.join(), /some objects name no namespace and others name several/)
  t.equal(
    (await check({ 'all.yaml': [...unnamed, within('prod', SERVER)] }, '-n', 'lab')).found.length,
    1,
    'or -n says'
  )
})

t.test('what no policy that is on reads', async (t) => {
  const of = (apiVersion: string, kind: string, namespace: string) => ({
    apiVersion,
    kind,
    metadata: { name: 'daily', namespace }
  })
  const velero = of('velero.io/v1', 'Schedule', 'velero')
  const snapshot = of('snapshot.storage.k8s.io/v1', 'VolumeSnapshot', 'lab')
  const found = [`${FOUND} all.yaml:3 with StatefulSet /prometheus all.yaml:1`]
  const release = [within(undefined, SERVER), within('lab', SERVICE)]
  const elsewhere = { 'all.yaml': [...release, velero] }
  const twice = { 'all.yaml': [...release, snapshot, snapshot] }
  for (const files of [elsewhere, twice]) t.strictSame((await check(files)).found, found)
  const config = join(filesIn({ 'c.yaml': 'policies: { missing-backup: { mode: audit } }' }), 'c.yaml')
  for (const [files, why] of [
    [elsewhere, /some objects name no namespace/],
    [twice, /an object occurs twice/]
  ] as const) {
    const on = await check(files, `--config=${config}`)
    t.strictSame(on.found, [])
    t.match(on.notes.join(), why, 'as with whatever is looked at')
  }
})

t.test('several environments', async (t) => {
  const [dev, prod] = [service('prometheus', { sessionAffinity: 'ClientIP' }), service()].map((it) => within('lab', it))
  const server = within('lab', SERVER)
  const directories = await check({
    'dev/all.yaml': [dev as JsonObject, server],
    'prod/all.yaml': [prod as JsonObject, server]
  })
  t.strictSame(directories.found, [`${FOUND} prod/all.yaml:1 with StatefulSet lab/prometheus prod/all.yaml:3`])
  const files = await check({ 'dev.yaml': [dev as JsonObject, server], 'prod.yaml': [prod as JsonObject, server] })
  t.strictSame(files.found, [`${FOUND} prod.yaml:1 with StatefulSet lab/prometheus prod.yaml:3`])
  const one = await check({ 'all.yaml': [dev as JsonObject, server, prod as JsonObject, server] })
  t.strictSame(one.found, [])
  t.match(one.notes.join(), /an object occurs twice in one file/)
})

t.test('what is not whole', async (t) => {
  const part = await check({ 'sts.yaml': [SERVER] })
  t.match(part, {
    found: { length: 0 },
    notes: [/^query-balance.* not evaluated in the namespace monitoring: the input contains no Service/]
  })
  const unread = await check({ 'all.yaml': [SERVICE, SERVER], 'broken.yaml': 'a: {' })
  t.match(unread, { code: 2, found: { length: 0 }, notes: [/a part of the input could not be read/] })
  t.match(
    await check({ 'a.yaml': [SERVICE, pair({ replicas: 1 })] }),
    { found: { length: 0 }, notes: { length: 0 } },
    'nothing to speak of'
  )
})

const OFF = `policies: { ${BALANCE}: { mode: off } }`
const ON_IN_LAB = `${OFF}\nnamespaces: [{ match: [lab], policies: { ${BALANCE}: { mode: warn } } }]`

t.test('more than is evaluated together', async (t) => {
  const items = Array.from({ length: 20_001 }, () => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }))
  const list: JsonObject = { apiVersion: 'v1', kind: 'List', items }
  const file = { 'all.yaml': JSON.stringify(list) }
  const config = (text: string): string => `--config=${join(filesIn({ 'c.yaml': text }), 'c.yaml')}`
  const table: readonly (readonly [what: string, args: readonly string[], isTold: boolean])[] = [
    ['with the policies on', [], true],
    ['a policy that is on in one namespace', [config(ON_IN_LAB), `--only=${BALANCE}`], true],
    ['with all policies off', ['--mode=off'], false],
    ['with only policies over single objects', ['--only=shared-tsdb-claim'], false],
    ['with the policy that is selected off', [config(OFF), `--only=${BALANCE}`], false]
  ]
  for (const [what, args, isTold] of table) {
    const { stdout } = await holdfast('check', '-o', 'json', ...args, filesIn(file))
    const { notes } = JSON.parse(stdout) as Report
    t.equal(notes.join().includes('there are too many objects to evaluate together'), isTold, what)
  }
})
