import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { stringify } from 'yaml'
import type { JsonObject } from '../../../src/core/values/json.ts'
import type { Report } from '../../../src/report/report.ts'
import { pod, statefulSet } from '../../fixtures/objects.ts'
import { prometheus, shards } from '../../fixtures/prometheus.ts'
import { chartStatefulSet } from '../../fixtures/pushgateway-chart.ts'
import { holdfast } from '../../helpers/command.ts'
import { filesIn } from '../../helpers/files.ts'

/** As `helm template` writes them: each with its marker and where it comes from. */
function rendered(...objects: readonly JsonObject[]): string {
  return objects
    .map((object) => `---\n# Source: chart/templates/x.yaml\n${stringify(object, { aliasDuplicateObjects: false })}`)
    .join('')
}

/** What the cases are told by; there may be others, and they may have something to say. */
const SPOKEN_OF = ['autosharding-labels', 'claim-template-labels', 'pushgateway-graceful-stop', 'shared-tsdb-claim']

/** As the outcome of each finding: `denied claim-template-labels`. */
function saidIn({ stdout }: { stdout: string }): string[] {
  const { objects } = JSON.parse(stdout) as Report
  const findings = objects.flatMap((object) => object.findings).filter(({ policy }) => SPOKEN_OF.includes(policy))
  return findings.map(({ outcome, policy }) => `${outcome} ${policy}`)
}

const STOPS = 'patched pushgateway-graceful-stop'

/** What is said about new.yaml where old.yaml is what runs. */
function compared(directory: string): ReturnType<typeof holdfast> {
  return holdfast('check', '-o', 'json', '--previous', join(directory, 'old.yaml'), join(directory, 'new.yaml'))
}

interface Case {
  readonly name: string
  readonly before?: string
  readonly after: string
  readonly args?: readonly string[]
  readonly said: readonly string[]
  readonly code: number
}

const withoutNamespace = (object: JsonObject): JsonObject => {
  const { namespace: _, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata }
}

const [V16, V17, V3, V38] = (['2.16.0', '2.17.0', '3.0.0', '3.8.0'] as const).map(chartStatefulSet) as [
  JsonObject,
  JsonObject,
  JsonObject,
  JsonObject
]

const limited = (revisionHistoryLimit: number | undefined): string =>
  rendered({ ...V38, spec: { ...(V38.spec as JsonObject), revisionHistoryLimit } })

/** The claim template of the chart with something more in it, or something else. */
const claiming = (parts: JsonObject): string => {
  const { volumeClaimTemplates, ...spec } = V38.spec as { volumeClaimTemplates: JsonObject[] }
  const [template] = volumeClaimTemplates
  const more = { ...template, ...parts, spec: { ...(template?.spec as JsonObject), ...(parts.spec as JsonObject) } }
  return rendered({ ...V38, spec: { ...spec, volumeClaimTemplates: [more] } })
}

const cases: readonly Case[] = [
  {
    name: 'a limit of revisions where no update may change it',
    before: limited(undefined),
    after: limited(3),
    args: ['--kubernetes-version=1.32'],
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'a limit of revisions where an update may change it',
    before: limited(undefined),
    after: limited(3),
    args: ['--kubernetes-version=1.33'],
    said: [STOPS],
    code: 0
  },
  {
    name: 'a limit of revisions where nobody knows: no error, and no silence',
    before: limited(undefined),
    after: limited(3),
    said: ['warned claim-template-labels', STOPS],
    code: 0
  },
  {
    name: 'a limit of revisions that is the default',
    before: limited(undefined),
    after: limited(10),
    args: ['--kubernetes-version=1.31'],
    said: [STOPS],
    code: 0
  },
  {
    name: 'the status of a PVC in a claim template',
    before: claiming({}),
    after: claiming({ status: { phase: 'Bound' } }),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'a selector of PVCs that says nothing, where there was none',
    before: claiming({}),
    after: claiming({ spec: { selector: { matchLabels: {} } } }),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'a selector of PVCs that says nothing, spelled in another way',
    before: claiming({ spec: { selector: {} } }),
    after: claiming({ spec: { selector: { matchLabels: {} } } }),
    said: [STOPS],
    code: 0
  },
  {
    name: 'a new StatefulSet with labels that change',
    after: rendered(V17),
    said: ['warned claim-template-labels', STOPS],
    code: 0
  },
  {
    name: 'the upgrade that fails',
    before: rendered(V16),
    after: rendered(V17),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'the one that takes the labels away',
    before: rendered(V17),
    after: rendered(V3),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  { name: 'the ones that go through', before: rendered(V3), after: rendered(V38), said: [STOPS], code: 0 },
  {
    name: 'a warning with --fail-on warn',
    after: rendered(V17),
    args: ['--fail-on=warn'],
    said: ['warned claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'with a lower ceiling it is a warning',
    before: rendered(V16),
    after: rendered(V17),
    args: ['--mode=warn'],
    said: ['warned claim-template-labels', 'warned pushgateway-graceful-stop'],
    code: 0
  },
  { name: 'off is off', before: rendered(V16), after: rendered(V17), args: ['--mode=off'], said: [], code: 0 },
  {
    name: 'an object that comes',
    before: rendered(V3),
    after: rendered(V38, pod()),
    said: [STOPS, STOPS],
    code: 0
  },
  {
    name: 'without a namespace on either side',
    before: rendered(withoutNamespace(V16)),
    after: rendered(withoutNamespace(V17)),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'a List of what runs, as kubectl writes it',
    before: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [V16] }),
    after: rendered(withoutNamespace(V17)),
    said: ['denied claim-template-labels', STOPS],
    code: 1
  },
  {
    name: 'labels of kube-state-metrics',
    before: rendered(shards({ labels: { team: 'a' } })),
    after: rendered(shards({ labels: { team: 'b' } })),
    said: ['warned autosharding-labels'],
    code: 0
  },
  {
    name: 'a fault that was there before is only warned of',
    before: rendered(prometheus({ replicas: 2 })),
    after: rendered(prometheus({ replicas: 3 })),
    said: ['warned shared-tsdb-claim'],
    code: 0
  },
  {
    name: 'a fault that is new is refused',
    before: rendered(prometheus()),
    after: rendered(prometheus({ replicas: 2 })),
    said: ['denied shared-tsdb-claim'],
    code: 1
  },
  {
    name: 'nothing that anybody watches',
    after: 'apiVersion: v1\nkind: ConfigMap\n---\n# nothing\n',
    said: [],
    code: 0
  }
]

t.test('what is checked, and how it ends', async (t) => {
  for (const { name, before, after, args = [], said, code } of cases) {
    const directory = filesIn({ 'old.yaml': before ?? '', 'new.yaml': after })
    const previous = before === undefined ? [] : ['--previous', join(directory, 'old.yaml')]
    const run = await holdfast('check', '-o', 'json', ...args, ...previous, join(directory, 'new.yaml'))
    t.strictSame(saidIn(run), said, name)
    t.equal(run.code, code, `${name}: exit code`)
  }
})

/** The line of a number, with the one before it and the one behind it. */
function around(lines: readonly string[], line: number): readonly string[] {
  return lines.slice(line - 2, line + 1)
}

t.test('where it stands', async (t) => {
  const file = join(filesIn({ 'new.yaml': rendered(pod({ containers: [] }), V17) }), 'new.yaml')
  const { objects } = JSON.parse((await holdfast('check', '-o', 'json', file)).stdout) as Report
  const lines = readFileSync(file, 'utf8').split('\n')
  t.match(objects[0]?.location, { file, template: 'chart/templates/x.yaml' })
  t.equal(lines[(objects[0]?.location?.line ?? 0) - 1], 'apiVersion: apps/v1', 'the object')
  const labels = objects[0]?.findings.find(({ policy }) => policy === 'claim-template-labels')
  t.equal(lines[(labels?.line ?? 0) - 1]?.trim(), 'labels:', 'the field')
  t.equal(labels?.column, 1 + (lines[(labels?.line ?? 0) - 1]?.indexOf('labels') ?? 0), 'its column')
  t.strictSame(labels?.frame, { first: (labels?.line ?? 0) - 1, lines: around(lines, labels?.line ?? 0) })
  const stop = objects[0]?.findings.find(({ policy }) => policy === 'pushgateway-graceful-stop')
  t.match(stop?.field, /^spec\.template\.spec\.containers\[0\]/, 'a field of the Pods that it makes')
})

t.test('a sidecar in front leaves every finding what it was called', async (t) => {
  const server = prometheus({ replicas: 2, resources: {} })
  const { template } = server.spec as { template: { spec: { containers: JsonObject[]; volumes?: JsonObject[] } } }
  const { containers, volumes = [] } = template.spec
  const sidecar = { name: 'auth', image: 'registry.example/auth:1' }
  const pod = { ...template.spec, containers: [sidecar, ...containers], volumes: [{ name: 'a' }, ...volumes] }
  const guarded = { ...server, spec: { ...(server.spec as JsonObject), template: { ...template, spec: pod } } }
  const called = async (object: JsonObject) => {
    const directory = filesIn({ 'new.yaml': rendered(object) })
    const file = (format: string): string => join(directory, format)
    const outputs = ['json', 'sarif'].flatMap((format) => ['-o', `${format}=${file(format)}`])
    await holdfast('check', ...outputs, join(directory, 'new.yaml'))
    const { objects } = JSON.parse(readFileSync(file('json'), 'utf8')) as Report
    const [run] = JSON.parse(readFileSync(file('sarif'), 'utf8')).runs
    const findings = objects.flatMap((object) => object.findings)
    return {
      fields: findings.map(({ field }) => field),
      identities: findings.map(({ policy, identity }) => `${policy} ${identity}`),
      fingerprints: run.results.map(({ partialFingerprints }: JsonObject) => partialFingerprints)
    }
  }
  const [before, after] = [await called(server), await called(guarded)]
  t.strictSame(before.identities, [
    'shared-tsdb-claim claim prometheus-data',
    'prometheus-resources spec.template.spec.containers[prometheus-server].resources.requests.cpu',
    'prometheus-resources spec.template.spec.containers[prometheus-server].resources.requests.memory',
    'prometheus-resources spec.template.spec.containers[prometheus-server].resources.limits.memory',
    'prometheus-availability spec.template.spec.affinity'
  ])
  t.not(before.fields.join(), after.fields.join(), 'the numbers in the fields are others')
  t.strictSame(after.identities, before.identities)
  t.strictSame(after.fingerprints, before.fingerprints)
})

t.test('a file that cannot be read takes no other with it', async (t) => {
  const directory = filesIn({
    'a.yaml': 'a: b: c\n---\n'.concat(stringify(pod())),
    'b.yaml': Buffer.from([0, 1]),
    'c.yaml': stringify(pod())
  })
  const run = await holdfast('check', '-o', 'json', directory, join(directory, 'absent.yaml'))
  t.equal(run.code, 2)
  t.strictSame(saidIn(run), [STOPS, STOPS])
  const { problems } = JSON.parse(run.stdout) as Report
  t.match(problems, [
    { where: join(directory, 'a.yaml'), line: 1, code: 'SOURCE_INVALID' },
    { where: join(directory, 'b.yaml'), code: 'SOURCE_NOT_TEXT' },
    { where: join(directory, 'absent.yaml'), code: 'SOURCE_UNREADABLE' }
  ])
  const old = await holdfast('check', '--previous', join(directory, 'a.yaml'), join(directory, 'c.yaml'))
  t.match(old, { code: 2, stdout: /a\.yaml:1\n {2}unread/ }, 'nor does one of what was before')
})

t.test('nobody guesses what an object is compared with', async (t) => {
  const staging = statefulSet({ name: 'a' })
  const production = statefulSet({ name: 'a', spec: { replicas: 3 } })
  const both = rendered(withoutNamespace(staging), withoutNamespace(production))
  const directory = filesIn({ 'old.yaml': both, 'new.yaml': rendered(withoutNamespace(staging)) })
  const [old, now] = [join(directory, 'old.yaml'), join(directory, 'new.yaml')]
  const run = await holdfast('check', '-o', 'json', '--previous', old, now)
  t.equal(run.code, 2)
  t.match(JSON.parse(run.stdout), {
    problems: [
      {
        where: now,
        code: 'SOURCE_AMBIGUOUS',
        message: /StatefulSet a can be compared with more than one: .*old\.yaml:3, .*old\.yaml:\d\d/
      }
    ],
    notes: { length: 0 }
  })
  const explained = await holdfast('explain-upgrade', '--previous', old, now)
  t.match(explained, { code: 2, stderr: /SOURCE_AMBIGUOUS/ })
  t.notMatch(explained.stdout, 'It is new', 'and nothing is claimed of it')
  const twice = await holdfast('check', '-o', 'json', '--previous', now, '--previous', now, now)
  t.match([twice.code, JSON.parse(twice.stdout).notes], [0, []], 'the same file twice is one')
})

t.test('what is set and cannot act is said once', async (t) => {
  const config = `policies: { autosharding-labels: { onChange: restart } }
exemptions: [{ policies: [shared-tsdb-claim], reason: test, expires: '2020-01-01' }]`
  const skipping = (name: string, value: string): JsonObject =>
    statefulSet({ name, annotations: { 'holdfast.dev/skip': value } })
  const templated = prometheus({ metadata: { name: 'p', namespace: 'monitoring' } })
  const { template } = templated.spec as { template: JsonObject }
  const annotated = { ...template, metadata: { annotations: { 'holdfast.dev/skip': 'all' } } }
  const made = { ...templated, spec: { ...(templated.spec as JsonObject), template: annotated } }
  const sets = ['a', 'b', 'c', 'd'].map((name) => skipping(name, 'claim-labels'))
  const files = { 'new.yaml': rendered(...sets, skipping('e', 'pushgateway-persistence'), made), 'c.yaml': config }
  const directory = filesIn(files)
  const file = join(directory, 'c.yaml')
  const run = await holdfast('check', '-o', 'json', '--config', file, '--mode=audit', join(directory, 'new.yaml'))
  const nothing = (id: string) =>
    `annotation holdfast.dev/skip names "${id}", which is no policy and exempts from nothing (holdfast policies lists them)`
  t.strictSame((JSON.parse(run.stdout) as Report).notes, [
    `${file}: exemptions[0].expires: 2020-01-01 has come, and the exemption no longer counts`,
    `${file}: policies.autosharding-labels.onChange: restart takes mode enforce, and the mode of the policy is warn`,
    `StatefulSet monitoring/a, StatefulSet monitoring/b, StatefulSet monitoring/c and 1 more object: ${nothing('claim-labels')}`,
    `Deployment monitoring/p: ${nothing('all')}`,
    `The configuration is ${file}.`
  ])
})

t.test('an update is one, whatever was found in it', async (t) => {
  const directory = filesIn({ 'old.yaml': rendered(V3), 'new.yaml': rendered(V38) })
  const run = await compared(directory)
  t.match(JSON.parse(run.stdout), {
    objects: [{ operation: 'UPDATE', findings: [{ policy: 'pushgateway-graceful-stop' }] }]
  })
})

t.test('what becomes of objects that are gone', async (t) => {
  const doomed = statefulSet({
    name: 'doomed',
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }
  })
  const bare = statefulSet({ name: 'bare', templates: undefined })
  const careless = statefulSet({
    name: 'careless',
    templates: [],
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }
  })
  const before = rendered(V3, doomed, bare, careless, prometheus())
  const directory = filesIn({ 'old.yaml': before, 'new.yaml': stringify(pod()) })
  const run = await compared(directory)
  t.strictSame((JSON.parse(run.stdout) as Report).notes, [
    'StatefulSet monitoring/pgw-prometheus-pushgateway is gone after this: its Pods stop; its PVCs stay, but are not used',
    'StatefulSet monitoring/doomed is gone after this: its Pods stop; its PVCs and their data go with it, because persistentVolumeClaimRetentionPolicy.whenDeleted is Delete',
    'StatefulSet monitoring/bare is gone after this: its Pods stop',
    'StatefulSet monitoring/careless is gone after this: its Pods stop'
  ])
})

t.test('configuration by namespace', async (t) => {
  const config = 'namespaces: [{ match: [lab], policies: { claim-template-labels: { onChange: restore } } }]'
  const directory = filesIn({
    'c.yaml': config,
    'old.yaml': rendered(withoutNamespace(V16)),
    'new.yaml': rendered(withoutNamespace(V17))
  })
  const args = ['-o', 'json', '--config', join(directory, 'c.yaml'), '--previous', join(directory, 'old.yaml')]
  const there = await holdfast('check', ...args, '-n', 'lab', join(directory, 'new.yaml'))
  t.equal(saidIn(there)[0], 'patched claim-template-labels')
  const elsewhere = await holdfast('check', ...args, join(directory, 'new.yaml'))
  t.equal(saidIn(elsewhere)[0], 'denied claim-template-labels')
})

const RESTORE = 'policies: { claim-template-labels: { onChange: restore } }'

t.test('--fix', async (t) => {
  const bad = '---\na: b: c\n'
  const directory = filesIn({
    'c.yaml': RESTORE,
    'old.yaml': rendered(V16),
    'new.yaml': rendered(V17) + bad,
    'b.yaml': stringify(pod()).trimEnd()
  })
  const file = (name: string): string => join(directory, name)
  const args = ['check', '--config', file('c.yaml'), '--previous', file('old.yaml'), '--kubernetes-version=1.36']

  const whole = await holdfast(...args, '--fix', file('b.yaml'), file('new.yaml'))
  t.match(whole.stdout, 'app.kubernetes.io/version: v1.10.0', 'labels are as they were')
  t.match(whole.stdout, 'terminationGracePeriodSeconds: 30\n')
  t.match(whole.stdout, /sleep:\n\s+seconds: 15\n/, 'the Pod has its hook')
  t.match(whole.stdout, /\n---\n# Source: chart/, 'files are kept apart')
  t.ok(whole.stdout.endsWith(bad), 'and what cannot be read is still there')
  t.match(whole.stderr, 'Holdfast repairs this: keeps the labels', 'the report stands aside')
  t.equal(whole.code, 2, 'because of what cannot be read')

  const diff = await holdfast(...args, '--fix', '--diff', file('b.yaml'), file('new.yaml'), file('old.yaml'))
  t.match(diff.stdout, /\n- +app\.kubernetes\.io\/version: v1\.11\.0\n\+ +app\.kubernetes\.io\/version: v1\.10\.0\n/)
  t.equal(diff.stdout.match(/^---/gm)?.length, 2, 'a file without changes has no diff')

  const refused = await holdfast('check', '--previous', file('old.yaml'), '--fix', '--diff', file('new.yaml'))
  t.equal(refused.stdout, '', 'what is refused is not admitted, changed or not')
  t.match(refused.stderr, /\n +no diff: this has no automatic repair\n/, 'and why')
  t.match(refused.stderr, /\n +no diff: the Pod is not in the file; the webhook repairs it/)
})

t.test('a comment has the steps for what is refused', async (t) => {
  const directory = filesIn({ 'old.yaml': rendered(V16), 'new.yaml': rendered(V17) })
  const file = (name: string): string => join(directory, name)
  const refused = await holdfast('check', '-o', 'markdown', '--previous', file('old.yaml'), file('new.yaml'))
  t.match(refused.stdout, /<b>How to get the refused upgrade through<\/b>[\s\S]+\n### 1\. [\s\S]+--cascade=orphan/)
  for (const args of [[], ['--previous', file('new.yaml')]]) {
    const passes = await holdfast('check', '-o', 'markdown', ...args, file('new.yaml'))
    t.notMatch(passes.stdout, 'How to get', `${args.length} arguments`)
  }
})

t.test('--fix says what is missing in what it writes', async (t) => {
  const half = Buffer.concat([Buffer.from('a: 1\n---\n'), Buffer.from([0xff])])
  const directory = filesIn({ 'a.yaml': half, 'b.yaml': 'b: 1\n' })
  const { stdout, code } = await holdfast('check', '--fix', directory)
  t.match(stdout, /^---\n# holdfast left out what stands here in \S+a\.yaml: SOURCE_NOT_TEXT\n---\nb: 1\n$/)
  t.equal(code, 2)
})

t.test('--fix does not take the name of a file for YAML', async (t) => {
  const directory = filesIn({ 'a\nkind: Evil\n.yaml': '\0' })
  const { stdout } = await holdfast('check', '--fix', directory)
  t.match(stdout, /^---\n# holdfast left out [^\n]*a\\nkind: Evil\\n\.yaml: SOURCE_NOT_TEXT\n$/)
})

t.test('--fix cannot change one of two objects that share a part', async (t) => {
  const text =
    'apiVersion: v1\nkind: List\nitems:\n- &pod\n  apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{name: p, image: prom/pushgateway:v1}]}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: *pod}\n'
  const file = join(filesIn({ 'a.yaml': text }), 'a.yaml')
  const run = await holdfast('check', '--fix', file)
  t.equal(run.stdout, text)
  t.match(run, { code: 2, stderr: /It cannot be changed: .*\[SOURCE_INVALID\]/s })
})

t.test('several reports at once', async (t) => {
  const directory = filesIn({ 'a.yaml': rendered(V17) })
  const file = join(directory, 'a.yaml')
  const run = await holdfast(
    'check',
    '-o',
    `json=${directory}/r.json`,
    '-o',
    `sarif=${directory}/r=1.sarif`,
    '-o',
    'junit',
    file
  )
  t.match(run, { code: 0, stdout: /^<\?xml/ })
  t.equal(JSON.parse(readFileSync(`${directory}/r.json`, 'utf8')).kind, 'HoldfastReport')
  t.equal(JSON.parse(readFileSync(`${directory}/r=1.sarif`, 'utf8')).version, '2.1.0')
  const [link, target] = [`${directory}/link.html`, `${directory}/target`]
  writeFileSync(target, 'of somebody else')
  symlinkSync(target, link)
  t.equal((await holdfast('check', '-o', `html=${link}`, file)).code, 0)
  t.match(readFileSync(link, 'utf8'), /^<!doctype html>/i)
  t.equal(readFileSync(target, 'utf8'), 'of somebody else', 'a link that came with a checkout is not followed')
  const lost = await holdfast(
    'check',
    '-o',
    `json=${directory}/no/r.json`,
    '-o',
    `sarif=${directory}/other.sarif`,
    file
  )
  t.match(lost, { code: 2, stderr: /\[REPORT_UNWRITABLE\]/ })
  t.strictSame(run.stderr.split('\n'), [
    `holdfast: report written to ${directory}/r.json (json)`,
    `holdfast: report written to ${directory}/r=1.sarif (sarif)`,
    ''
  ])
  t.match(lost.stderr, /^holdfast: report written to [^\n]+\/other\.sarif \(sarif\)\nholdfast: Cannot write/)
  t.ok(existsSync(`${directory}/other.sarif`), 'one that cannot be written takes no other with it')
})

const contradictions: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
  [['-', '--previous', '-'], /Standard input can be read only once.*\[FLAG_INVALID\]/],
  [['--live', '--previous', 'a', 'b'], /--live and --previous both say what runs now/],
  [['--diff', 'a'], /--diff needs --fix/],
  [['--fix', '-o', 'json', 'a'], /each -o has to name a file/],
  [['-o', 'json', '-o', 'text', 'a'], /Only one report can go to standard output/],
  [['-o', 'json=x', '-o', 'sarif=x', 'a'], /Only one report can go to x/],
  [['-n', 'a,b', 'a'], /It has to be the name of one namespace/],
  [['-o', 'yaml', 'a'], /It has to be one of text, json/],
  [['-o', 'json=', 'a'], /Name a file after the =/],
  [['--config=/nowhere', 'a'], /\[CONFIG_UNREADABLE\]/],
  [[], /Nothing to check: name files, directories or -/]
]

t.test('what makes no sense', async (t) => {
  for (const [args, stderr] of contradictions)
    t.match(await holdfast('check', ...args), { code: 2, stderr }, args.join(' '))
})

t.test('a disk without room', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, async (t) => {
  const program = new URL('../../../src/main.ts', import.meta.url).href
  const script = `import { main } from '${program}'; await main(process.argv)`
  const file = join(filesIn({ 'a.yaml': stringify(pod()) }), 'a.yaml')
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, 'holdfast', 'check', file], {
    stdio: ['ignore', full, 'pipe']
  })
  t.match(await text(child.stderr as Readable), /Cannot write to standard output: .*\[REPORT_UNWRITABLE\]\n$/)
  t.equal(child.exitCode ?? (await once(child, 'exit'))[0], 2, 'is not a finding')
})

t.test('a reader that goes away', async (t) => {
  const many = rendered(...Array.from({ length: 2000 }, () => V17))
  const file = join(filesIn({ 'a.yaml': many }), 'a.yaml')
  const program = new URL('../../../src/main.ts', import.meta.url).href
  const script = `import { main } from '${program}'; await main(process.argv)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, 'holdfast', 'check', file])
  child.stdout.once('data', () => child.stdout.destroy())
  t.equal(await text(child.stderr), '', 'is no reason to complain')
})
