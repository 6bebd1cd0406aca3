// Whatever an object says, nothing that Holdfast says of it is obeyed: by a terminal, by a CI runner, by a reader's eye.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import fc from 'fast-check'
import t from 'tap'
import { encodeResponse } from '../../src/admission/response.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { decisionFor } from '../../src/core/decide.ts'
import { MODES, type Mode } from '../../src/core/mode.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { ERRORS, type ErrorCode, HoldfastError, messageOf } from '../../src/errors.ts'
import { FORMATS, loadFormat } from '../../src/report/formats.ts'
import { SCRIPT, STYLE } from '../../src/report/html/assets.ts'
import { POLICY_REPORT_APIS, policyReportsOf } from '../../src/report/policy-report/policy-report.ts'
import {
  EVERYTHING,
  everywhere,
  type HostileTexts,
  hostileObjects,
  hostileText,
  hostileTexts,
  hostileUpgrades,
  MARK
} from '../fixtures/hostile.ts'
import { prometheus } from '../fixtures/prometheus.ts'
import { hostileReport } from '../fixtures/reports.ts'
import { podCreation, statefulSetCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'
import { holdfast } from '../helpers/command.ts'
import { context, policiesWith } from '../helpers/configured.ts'
import { fakeCluster, kubeconfigFor, NOTHING_BESIDE } from '../helpers/fake-cluster.ts'
import { fakeControlPlane } from '../helpers/fake-control-plane.ts'
import { filesIn } from '../helpers/files.ts'
import { faultsIn, faultsInJson } from '../helpers/harmless.ts'

t.setTimeout(240_000)

t.test('what is looked for is found', async (t) => {
  for (const text of ['a\u001b[2J', 'a\u202e', 'a\r', '\ud800', ' ::error::a', 'a\n::a', 'a##[error]', 'a##vso[a]'])
    t.equal(faultsIn(text).length, 1, JSON.stringify(text))
  t.strictSame(faultsIn('a::b ##\n[::]:9091 \\u001b'), [])
  t.equal(faultsInJson({ a: [{ b: 'c\nd' }] }).length, 1)
  t.equal(faultsInJson({ 'a\u0007': 1 }).length, 1)
})

/** The answers to every review that a policy looks at. */
function answersTo(texts: HostileTexts, ceiling: Mode, onChange: string): string[] {
  const { namespace, name } = texts
  const [pod = {}, ...workloads] = hostileObjects(texts)
  const reviews = [
    [podCreation(pod, { namespace, name }), 'mutate'],
    ...hostileUpgrades(texts).flatMap(({ before, after }): [JsonObject, 'mutate' | 'validate'][] => [
      [statefulSetUpdate(before, after, { namespace, name }), 'mutate'],
      [statefulSetCreation(after, { namespace, name }), 'validate']
    ]),
    ...workloads.map((object) => [reviewOfWorkload(object, texts), 'validate'])
  ] as const
  return reviews.map(([body, phase]) => {
    const review = decodeReview(body, phase as 'mutate' | 'validate')
    if (review.subject === undefined) throw new Error('there is nothing to evaluate')
    return encodeResponse(review, decisionFor(review.subject, policiesWith({ onChange }), context({ ceiling })))
  })
}

function reviewOfWorkload(object: JsonObject, { namespace, name }: HostileTexts): JsonObject {
  const kind = { group: 'apps', version: 'v1', kind: object.kind }
  const { request, ...review } = podCreation(object, { namespace, name })
  return { ...review, request: { ...(request as JsonObject), kind } }
}

function faultsInAnswers(answers: readonly string[]): string[] {
  return answers.flatMap((answer) => {
    // The patch is the object's own text, for the API server and nobody else.
    const { patch: _, ...response } = JSON.parse(answer).response
    return [...faultsInJson(response), ...faultsIn(answer)]
  })
}

t.test('the webhook: messages, causes, warnings and annotations', async (t) => {
  const answers = MODES.flatMap((mode) => answersTo(everywhere(EVERYTHING), mode, 'reject'))
  t.ok(answers.filter((answer) => answer.includes(MARK)).length > 10, 'they quote what the objects say')
  const denials = answers.filter((answer) => JSON.parse(answer).response.allowed === false)
  t.ok(denials.length > 2, 'and some of them refuse')
  t.strictSame(faultsInAnswers(answers), [])
  const property = fc.property(
    hostileTexts,
    fc.constantFrom(...MODES),
    fc.constantFrom('reject', 'restore'),
    (...all) => t.strictSame(faultsInAnswers(answersTo(...all)), [])
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 150 }))
})

t.test('a selector with a line break and an escape sequence in its key', async (t) => {
  const [, { before, after } = { before: {}, after: {} }] = hostileUpgrades({
    ...everywhere('pgw'),
    key: 'app\n\u001b[2J'
  })
  const review = decodeReview(statefulSetUpdate(before, after), 'mutate')
  const decision = review.subject && decisionFor(review.subject, policiesWith({}), context())
  const { status } = JSON.parse(encodeResponse(review, decision)).response
  t.match(status.message, /spec\.selector\.matchLabels\[app\\n\\u001b\[2J\] "a" → "pgw"/)
  for (const text of [status.message, ...status.details.causes.flatMap(Object.values)])
    t.strictSame(faultsInJson(text), [])
})

t.test('errors', async (t) => {
  const codes = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]))
  const property = fc.property(hostileText, codes, (text, code) =>
    t.strictSame(
      [
        ...faultsInJson(new HoldfastError(code, text).message),
        ...faultsIn(new HoldfastError(code, text, { list: [text, text] }).message),
        ...faultsInJson(messageOf(new Error(text))),
        ...faultsInJson(messageOf(text))
      ],
      []
    )
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
  t.equal(new HoldfastError('CONFIG_INVALID', 'a', { list: ['b\nc', 'd'] }).message.split('\n').length, 4)
})

/** A report without what is ours in it: style, script, and workflow commands, which a test of their format reads. */
function foreignIn(text: string): string {
  return text
    .replace(STYLE, '')
    .replace(SCRIPT, '')
    .replaceAll(/^::(?:error|warning|notice) (?:(?:file|line|col|title)=[^:,]*,?)+::/gm, '')
}

/** What of a format's report has to show that foreign texts came into it. Metrics count objects and name none. */
function quotesObjects(format: string): boolean {
  return format !== 'prometheus'
}

t.test('every format of a report, whoever made the report', async (t) => {
  for (const { name } of FORMATS) {
    const write = await loadFormat(name)
    const written = (texts: readonly string[]) =>
      write(hostileReport(texts), { colour: false, width: 60, failOn: 'warn' })
    t.match(written([EVERYTHING, EVERYTHING, EVERYTHING]), MARK, name)
    const property = fc.property(fc.array(hostileText, { minLength: 3, maxLength: 4 }), (texts) =>
      t.strictSame(faultsIn(foreignIn(written(texts))), [], name)
    )
    t.doesNotThrow(() => fc.assert(property, { numRuns: 40 }), name)
  }
})

t.test('every API of PolicyReports', async (t) => {
  for (const api of Object.keys(POLICY_REPORT_APIS) as (keyof typeof POLICY_REPORT_APIS)[]) {
    const property = fc.property(fc.array(hostileText, { minLength: 3, maxLength: 4 }), (texts) => {
      const reports = [...policyReportsOf(hostileReport(texts), api).values()].map((make) => make())
      return t.strictSame(faultsInJson(reports), [], api)
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 30 }), api)
  }
})

/** What a file system takes for a name. */
function fileName(text: string): string {
  return `${text.replaceAll(/[/\0]/g, '').toWellFormed().slice(0, 60)}.yaml`
}

/** JSON is YAML, and spells what YAML forbids. */
function asYaml(objects: readonly JsonObject[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

function upgradeIn(texts: HostileTexts, name: string): { readonly before: string; readonly after: string } {
  const upgrades = hostileUpgrades(texts)
  const directory = filesIn({
    [`before/${name}`]: asYaml(upgrades.map(({ before }, index) => numbered(before, index))),
    [`after/${name}`]: asYaml([
      ...upgrades.map(({ after }, index) => numbered(after, index)),
      ...hostileObjects(texts)
    ]),
    [`after/broken ${name}`]: `a: *${texts.name.replaceAll(/\s/g, '')}\n`,
    [`after/binary ${name}`]: '\0'
  })
  return { before: join(directory, 'before'), after: join(directory, 'after') }
}

/** Two of one name are one too many. */
function numbered(object: JsonObject, index: number): JsonObject {
  const metadata = object.metadata as JsonObject
  return { ...object, metadata: { ...metadata, name: `${metadata.name}${index}` } }
}

t.test('check, in every format, to files and to both streams', async (t) => {
  const run = async (texts: HostileTexts): Promise<void> => {
    const { before, after } = upgradeIn(texts, fileName(texts.path))
    const out = temporaryDirectory()
    const files = FORMATS.map(({ name }) => [name, join(out, `report.${name}`)] as const)
    const outputs = files.map(([name, file]) => `--output=${name}=${file}`)
    const told = await holdfast('check', `--previous=${before}`, ...outputs, '--output=text', after, `no ${texts.name}`)
    for (const [name, file] of files) {
      const written = readFileSync(file, 'utf8')
      if (quotesObjects(name)) t.match(written, MARK, name)
      t.strictSame(faultsIn(foreignIn(written)), [], name)
    }
    t.strictSame([...faultsIn(told.stdout), ...faultsIn(told.stderr)], [])
    t.equal(told.code, 2, told.stderr)
  }
  await run(everywhere(EVERYTHING))
  await t.resolves(fc.assert(fc.asyncProperty(hostileTexts, run), { numRuns: 12 }))
})

t.test('explain-upgrade, as text and as Markdown', async (t) => {
  const run = async (texts: HostileTexts): Promise<void> => {
    const { before, after } = upgradeIn(texts, fileName(texts.path))
    for (const output of ['text', 'markdown']) {
      const { stdout, stderr } = await holdfast('explain-upgrade', `--previous=${before}`, '-o', output, after)
      t.match(stdout, MARK, output)
      t.strictSame([...faultsIn(stdout), ...faultsIn(stderr)], [], output)
    }
  }
  await run(everywhere(EVERYTHING))
  await t.resolves(fc.assert(fc.asyncProperty(hostileTexts, run), { numRuns: 12 }))
})

t.test('recreate', async (t) => {
  const plane = await fakeControlPlane(t)
  plane.isAlive = false
  const flags = [`--kubeconfig=${kubeconfigFor(plane.connection.server.origin)}`, '--dry-run']
  const run = async (texts: HostileTexts): Promise<void> => {
    const { after } = upgradeIn(texts, fileName(texts.path))
    const { stdout, stderr, code } = await holdfast('recreate', '-f', after, ...flags)
    t.match(stderr, MARK)
    t.equal(code, 2)
    t.strictSame([...faultsIn(stdout), ...faultsIn(stderr)], [])
    // Names that a cluster has are harmless, and all the rest of its objects is not.
    const upgrades = hostileUpgrades({ ...texts, name: 'pgw', namespace: 'lab' }).slice(0, 1)
    for (const { before, after } of upgrades) {
      plane.put('statefulsets', before)
      const file = join(filesIn({ 'new.json': JSON.stringify(after) }), 'new.json')
      for (const format of ['text', 'json']) {
        const told = await holdfast('recreate', '-f', file, '-n', 'lab', ...flags, '-o', format)
        t.not(told.code, 2, told.stderr)
        t.strictSame([...faultsIn(told.stdout), ...faultsIn(told.stderr)], [], format)
      }
    }
  }
  await run(everywhere(EVERYTHING))
  await t.resolves(fc.assert(fc.asyncProperty(hostileTexts, run), { numRuns: 12 }))
})

t.test('scan, in every format, and the reports that it leaves in the cluster', async (t) => {
  const texts = { ...everywhere(EVERYTHING), namespace: 'default' }
  const items = (kind: string): JsonObject[] => [
    ...hostileObjects(texts).filter((object) => object.kind === kind),
    ...hostileUpgrades(texts).flatMap(({ after }) => (after.kind === kind ? [after] : []))
  ]
  const stored = {
    ...NOTHING_BESIDE,
    '/api/v1/namespaces': [{ metadata: { name: 'default', labels: { [EVERYTHING]: EVERYTHING } } }],
    '/api/v1/pods': items('Pod'),
    '/apis/apps/v1/statefulsets': items('StatefulSet'),
    '/apis/apps/v1/deployments': items('Deployment'),
    '/apis/apps/v1/daemonsets': items('DaemonSet'),
    '/apis/openreports.io/v1alpha1/reports': []
  }
  // What the API server says is quoted, too.
  const cluster = await fakeCluster(t, stored, ({ path }) =>
    path.endsWith('/replicasets') ? { status: 403, body: { kind: 'Status', message: EVERYTHING } } : undefined
  )
  const out = temporaryDirectory()
  const files = FORMATS.map(({ name }) => join(out, name))
  const outputs = FORMATS.map(({ name }, index) => `--output=${name}=${files[index]}`)
  const { stdout, stderr } = await holdfast(
    'scan',
    `--kubeconfig=${cluster.kubeconfig}`,
    '--report=openreports',
    ...outputs,
    '--output=text'
  )
  for (const [index, file] of files.entries()) {
    const written = readFileSync(file, 'utf8')
    if (quotesObjects(FORMATS[index]?.name ?? '')) t.match(written, MARK, file)
    t.strictSame(faultsIn(foreignIn(written)), [], file)
  }
  t.strictSame([...faultsIn(stdout), ...faultsIn(stderr)], [])
  const [report] = cluster.stored.get('/apis/openreports.io/v1alpha1/reports') ?? []
  t.match(JSON.stringify(report), MARK)
  t.strictSame(faultsInJson(report), [])
})

t.test('what a command says of its own arguments and of its configuration', async (t) => {
  const directory = filesIn({
    'bad.yaml': JSON.stringify({ mode: EVERYTHING, [EVERYTHING]: 1, exemptions: [{ expires: EVERYTHING }] }),
    'shared.json': JSON.stringify(prometheus({ replicas: 2 })),
    'labels.yaml': JSON.stringify({ policies: { 'claim-template-labels': { volatileLabels: [EVERYTHING] } } })
  })
  const table: readonly (readonly [readonly string[], number])[] = [
    [['check', `--mode=${EVERYTHING}`, 'a.yaml'], 2],
    [['check', `--output=${EVERYTHING}`, 'a.yaml'], 2],
    [[EVERYTHING], 2],
    [['check', `--${EVERYTHING}`], 2],
    [['policies', EVERYTHING], 2],
    [['check', `--config=no ${EVERYTHING}`, 'a.yaml'], 2],
    [['check', `--config=${join(directory, 'bad.yaml')}`, 'a.yaml'], 2],
    [['check', `--baseline=no ${EVERYTHING}`, 'a.yaml'], 2],
    [['check', `--baseline=${join(directory, 'bad.yaml')}`, 'a.yaml'], 2],
    [['check', `--only=${EVERYTHING}`, 'a.yaml'], 2],
    [['exempt', `--reason=${EVERYTHING}`, join(directory, 'shared.json')], 0],
    [['scan', `--kubeconfig=no ${EVERYTHING}`], 2],
    [['certs', join(directory, 'bad.yaml', EVERYTHING.replaceAll('\0', ''))], 2],
    [['policies', 'claim-template-labels', `--config=${join(directory, 'labels.yaml')}`], 0]
  ]
  for (const [args, wanted] of table) {
    // No operating system hands a NUL, or half a character, to a program.
    const { stdout, stderr, code } = await holdfast(...args.map((arg) => arg.replaceAll('\0', '').toWellFormed()))
    const name = `${args[0]?.slice(0, 10)} ${args[1]?.slice(0, 12)}`
    t.equal(code, wanted, name)
    t.match(stdout + stderr, MARK, name)
    t.strictSame([...faultsIn(stdout), ...faultsIn(stderr)], [], name)
  }
})

const MAIN = new URL('../../src/main.ts', import.meta.url).href
const SERVE = `import { main } from ${JSON.stringify(MAIN)}; await main(['node', 'holdfast', 'serve', ...process.argv.slice(1)])`

t.test('the server: log lines, and the answers that are errors', async (t) => {
  const certs = join(temporaryDirectory(), 'certs')
  const flags = ['--bind-address=127.0.0.1', '--port=0', '--health-port=0', '--drain-delay=0s', '-v', '4']
  const child = spawn(process.execPath, ['--input-type=module', '-e', SERVE, '--', ...flags, `--cert-dir=${certs}`])
  const ended = once(child, 'close')
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  while (!log.includes('"port":')) {
    await Promise.race([once(child.stdout, 'data'), ended])
    if (child.exitCode !== null) throw new Error(log)
  }
  const port = Number(/"port":(\d+)/.exec(log)?.[1])
  const ask = async (body: unknown): Promise<string> => {
    const headers = { 'content-type': 'application/json' }
    const sent = request({
      port,
      host: '127.0.0.1',
      path: '/mutate',
      method: 'POST',
      headers,
      rejectUnauthorized: false
    })
    sent.end(JSON.stringify(body))
    const [response] = await once(sent, 'response')
    return textOf(response)
  }
  const [{ before, after } = { before: {}, after: {} }] = hostileUpgrades(everywhere(EVERYTHING))
  const review = statefulSetUpdate(before, after, { name: EVERYTHING, namespace: EVERYTHING, uid: EVERYTHING })
  t.match(await ask(review), MARK)
  const refused = await ask({ ...review, request: { ...(review.request as JsonObject), object: { kind: EVERYTHING } } })
  t.match(refused, 'REVIEW_KIND_MISMATCH')
  t.strictSame(faultsIn(refused), [])
  child.kill('SIGTERM')
  await ended
  const lines = log.trimEnd().split('\n')
  t.ok(lines.some((line) => line.includes(MARK)))
  for (const line of lines) t.strictSame([...faultsIn(line), ...faultsInJson(JSON.parse(line))], [])
})
