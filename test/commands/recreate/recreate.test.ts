import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { journalIn } from '../../../src/commands/recreate/journal.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { claimTemplate, type StatefulSetParts, statefulSet } from '../../fixtures/objects.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'
import { kubeconfigFor } from '../../helpers/fake-cluster.ts'
import { type FakeControlPlane, fakeControlPlane, type Volumes } from '../../helpers/fake-control-plane.ts'

t.setTimeout(120_000)

const DATA = claimTemplate({ name: 'data' })
const RELABELLED = [claimTemplate({ name: 'data', labels: { v: '2' } })]

function set({ spec, ...parts }: StatefulSetParts = {}): JsonObject {
  return statefulSet({ templates: [DATA], ...parts, spec: { replicas: 2, ...spec } })
}

interface Lab {
  readonly plane: FakeControlPlane
  readonly saved: string
  /** With the new manifests, and `--yes`. */
  run(...args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string; report: Report }>
}

interface Report {
  readonly statefulSets: readonly {
    readonly outcome: string
    readonly message: string
    readonly obstacles?: readonly { readonly kind: string; readonly reason: string }[]
    readonly saved?: string
    readonly pods?: readonly string[]
  }[]
}

async function labFor(t: Test, before: readonly JsonObject[], after: readonly JsonObject[]): Promise<Lab> {
  const plane = await fakeControlPlane(t)
  for (const object of before) plane.put('statefulsets', object)
  plane.settle()
  const directory = temporaryDirectory()
  const file = join(directory, 'new.yaml')
  writeFileSync(file, after.map((object) => JSON.stringify(object)).join('\n---\n'))
  const saved = join(directory, 'saved')
  const flags = ['-f', file, `--kubeconfig=${kubeconfigFor(plane.connection.server.origin)}`, `--save-dir=${saved}`]
  const run: Lab['run'] = async (...args) => {
    const { code, stdout, stderr } = await holdfast('recreate', ...flags, '--timeout=2s', ...args)
    const report = args.includes('json') && stdout !== '' ? JSON.parse(stdout) : { statefulSets: [] }
    return { code, stdout, stderr, report }
  }
  return { plane, saved, run }
}

function writesTo({ asked }: FakeControlPlane): string[] {
  return asked.filter((line) => !/^GET|dry$|selfsubject/.test(line))
}

const LABELS = [set()] as const
const NEW_LABELS = [set({ templates: RELABELLED })] as const

t.test('--dry-run prints the plan, and changes nothing', async (t) => {
  const { plane, saved, run } = await labFor(t, LABELS, NEW_LABELS)
  const { code, stdout } = await run('--dry-run')
  t.equal(code, 0)
  t.match(stdout, /What changes: labels of claim template "data" change: v none → "2"\./)
  const titles = [...stdout.matchAll(/^\d\. (.*)$/gm)].map(([, title]) => title)
  t.strictSame(titles, [
    'Save what runs',
    'Delete the StatefulSet and nothing else',
    'Create the new StatefulSet',
    'Verify'
  ])
  t.match(stdout, /StatefulSet monitoring\/pgw: It would be replaced\.\n$/)
  t.strictSame(writesTo(plane), [])
  t.notOk(existsSync(saved), 'nor a file')
})

t.test('volumes have to be as they are to be before anything is deleted', async (t) => {
  const having = (size: string, volumeAttributesClassName?: string) => [
    set({
      templates: [claimTemplate({ name: 'data', size, spec: { storageClassName: 'fast', volumeAttributesClassName } })]
    })
  ]
  const larger = [having('1Gi'), having('2Gi')] as const
  const other = [having('1Gi', 'silver'), having('1Gi', 'gold')] as const
  const table: readonly (readonly [Volumes, typeof larger, code: number, says: RegExp])[] = [
    ['change', larger, 0, /PVC data-pgw-1 asks for 2Gi/],
    ['wait-for-pod', larger, 0, /PVC data-pgw-0 is FileSystemResizePending: its file system grows when/],
    ['cannot', larger, 2, /the volume of PVC data-pgw-0 cannot grow \(ControllerResizeInfeasible\)/],
    ['hang', larger, 2, /waited in vain for the volumes of the template data to grow, 2 s long/],
    ['change', other, 0, /PVC data-pgw-1 asks for the attributes gold/],
    ['cannot', other, 2, /the volume of PVC data-pgw-0 cannot have them: kubectl describe pvc/],
    ['hang', other, 2, /waited in vain for the volumes of the template data to have the attributes gold/],
    ['unknown', other, 2, /this API server does not know volumeAttributesClassName/]
  ]
  for (const [volumes, [before, after], code, says] of table) {
    const { plane, run } = await labFor(t, before, after)
    plane.put('storageclasses', { metadata: { name: 'fast' }, allowVolumeExpansion: true })
    plane.volumes = volumes
    const told = await run('--yes')
    t.equal(told.code, code, `${volumes}: ${told.stdout}`)
    t.match(told.stdout.replaceAll(/\s+/g, ' '), says, volumes)
    t.equal(writesTo(plane).includes('DELETE statefulsets/pgw'), code === 0, `${volumes}: what is deleted`)
  }
})

t.test('nobody says yes', async (t) => {
  const { plane, run } = await labFor(t, LABELS, NEW_LABELS)
  const { code, stderr } = await run()
  t.equal(code, 1)
  t.match(stderr, /Not confirmed.*\[RECREATE_REFUSED\]/)
  t.strictSame(writesTo(plane), [])
})

t.test('it is done, and said', async (t) => {
  const { plane, saved, run } = await labFor(t, LABELS, NEW_LABELS)
  const { code, stdout } = await run('--yes')
  t.equal(code, 0)
  t.strictSame(writesTo(plane), ['DELETE statefulsets/pgw', 'POST statefulsets'])
  for (const line of [
    /^- StatefulSet pgw is saved in .*\n- StatefulSet pgw is deleted, its Pods go on\n- StatefulSet pgw is created\n/m,
    /The same Pods as before: pgw-0, pgw-1\.\n/,
    /The same PVCs as before: data-pgw-0, data-pgw-1\.\n/,
    /Between its deletion and the adoption of its Pods: \d+\.\d s\.\n/
  ]) {
    t.match(stdout, line)
  }
  const [file = '', ...others] = readdirSync(saved)
  t.strictSame(others, [], 'nothing is under way')
  t.equal(statSync(join(saved, file)).mode & 0o777, 0o600)
  t.match(JSON.parse(readFileSync(join(saved, file), 'utf8')), {
    kind: 'StatefulSet',
    metadata: { name: 'pgw', uid: undefined, resourceVersion: undefined },
    spec: { volumeClaimTemplates: [{ metadata: { labels: undefined } }] },
    status: undefined
  })
})

t.test('as JSON', async (t) => {
  const { run } = await labFor(t, LABELS, NEW_LABELS)
  const { code, report, stderr } = await run('--yes', '-o', 'json')
  t.equal(code, 0)
  t.match(report, {
    command: 'recreate',
    statefulSets: [
      {
        outcome: 'recreated',
        pods: ['pgw-0', 'pgw-1'],
        claims: ['data-pgw-0', 'data-pgw-1'],
        newPods: { length: 0 },
        newClaims: { length: 0 }
      }
    ]
  })
  t.match(stderr, /- StatefulSet pgw is created\n/)
})

t.test('nothing to do', async (t) => {
  const table: readonly (readonly [string, readonly JsonObject[], readonly JsonObject[], RegExp])[] = [
    ['the same', LABELS, LABELS, /accepts the update/],
    ['another image', LABELS, [set({ image: 'a' })], /accepts the update/],
    ['a new one', [], LABELS, /the upgrade creates it/],
    ['no StatefulSet at all', [], [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }], /no StatefulSet/]
  ]
  for (const [name, before, after, says] of table) {
    const { plane, run } = await labFor(t, before, after)
    const { code, stdout } = await run('--yes')
    t.equal(code, 0, name)
    t.match(stdout, says, name)
    t.strictSame(writesTo(plane), [], name)
  }
})

t.test('rights that are missing are named before anything is changed', async (t) => {
  const table: readonly (readonly [right: string, after: readonly JsonObject[], says: RegExp])[] = [
    ['get statefulsets', NEW_LABELS, /get statefulsets\.apps/],
    ['update statefulsets', NEW_LABELS, /update statefulsets\.apps/],
    ['list pods', NEW_LABELS, /list pods/],
    ['list persistentvolumeclaims', NEW_LABELS, /list persistentvolumeclaims/],
    ['list horizontalpodautoscalers', NEW_LABELS, /list horizontalpodautoscalers\.autoscaling/],
    ['delete statefulsets', NEW_LABELS, /delete statefulsets\.apps/],
    ['create statefulsets', NEW_LABELS, /create statefulsets\.apps/],
    ['patch statefulsets', [set({ spec: { serviceName: 'new' } })], /patch statefulsets\.apps/],
    ['delete pods', [set({ spec: { serviceName: 'new', updateStrategy: { type: 'OnDelete' } } })], /delete pods/],
    [
      'patch persistentvolumeclaims',
      [set({ templates: [claimTemplate({ name: 'data', size: '9Gi' })] })],
      /patch persistent/
    ],
    [
      'list storageclasses',
      [set({ templates: [claimTemplate({ name: 'data', size: '9Gi' })] })],
      /list storageclasses\.st/
    ]
  ]
  for (const [right, after, says] of table) {
    const { plane, run } = await labFor(t, LABELS, after)
    plane.denied.add(right)
    for (const args of [['--dry-run'], ['--yes']]) {
      const { code, report } = await run(...args, '-o', 'json')
      t.equal(code, 1, `${right}, ${args}`)
      t.match(report, { statefulSets: [{ outcome: 'refused', obstacles: [{ kind: 'rights', reason: says }] }] }, right)
    }
    t.strictSame(writesTo(plane), [], right)
  }
})

t.test('what the API server says no to before anything is changed', async (t) => {
  const table: readonly (readonly [string, string, 400 | 422, string])[] = [
    ['the new one cannot be created', 'POST statefulsets dry', 422, 'admission'],
    ['a webhook does not let it be updated', 'PUT statefulsets/pgw dry', 400, 'unexplained']
  ]
  for (const [name, call, status, kind] of table) {
    const { plane, run } = await labFor(t, LABELS, NEW_LABELS)
    plane.fault = (_, asked) => (asked === call ? status : undefined)
    const { code, report } = await run('--yes', '-o', 'json')
    t.equal(code, 1, name)
    t.match(
      report,
      { statefulSets: [{ outcome: 'refused', obstacles: [{ kind, reason: /this call was to fail/ }] }] },
      name
    )
    t.strictSame(writesTo(plane), [], name)
  }
})

t.test('a refusal of which we know nothing', async (t) => {
  const { plane, run } = await labFor(t, LABELS, [set({ image: 'a' })])
  plane.fault = (_, asked) => (asked === 'PUT statefulsets/pgw dry' ? 422 : undefined)
  t.match(await run('--yes', '-o', 'json'), {
    code: 1,
    report: { statefulSets: [{ obstacles: [{ kind: 'unexplained' }] }] }
  })
})

t.test('one that cannot be replaced keeps all others from it', async (t) => {
  const named = (name: string, parts: StatefulSetParts = {}) => set({ name, selector: { app: name }, ...parts })
  const owned = { owner: { apiVersion: 'example.com/v1', kind: 'Database', name: 'main' }, templates: RELABELLED }
  const before = [named('a'), named('b', { ...owned, templates: [DATA] }), named('c')]
  const { plane, run } = await labFor(t, before, [named('a', { templates: RELABELLED }), named('b', owned), named('c')])
  const { code, report } = await run('--yes', '-o', 'json')
  t.equal(code, 1)
  t.match(report, { statefulSets: [{ outcome: 'not-reached' }, { outcome: 'refused' }, { outcome: 'nothing-to-do' }] })
  t.strictSame(writesTo(plane), [])
})

t.test('where the creation is refused after all, the old one is put back', async (t) => {
  const { plane, saved, run } = await labFor(t, LABELS, NEW_LABELS)
  const claims = [...(plane.stored.persistentvolumeclaims?.values() ?? [])].map(({ metadata }) => metadata.uid)
  let isRefusing = true
  plane.fault = (_, asked) => {
    if (asked !== 'POST statefulsets' || !isRefusing) return undefined
    isRefusing = false
    return 422
  }
  const { code, report } = await run('--yes', '-o', 'json')
  t.equal(code, 2)
  t.match(report, { statefulSets: [{ outcome: 'stopped', message: /the old one is back: this call was to fail/ }] })
  plane.settle()
  const [old] = plane.stored.statefulsets?.values() ?? []
  t.notOk(old.spec.volumeClaimTemplates[0].metadata.labels)
  t.strictSame(
    [...(plane.stored.persistentvolumeclaims?.values() ?? [])].map(({ metadata }) => metadata.uid),
    claims
  )
  t.ok(
    [...(plane.stored.pods?.values() ?? [])].every(
      ({ metadata }) => metadata.ownerReferences[0].uid === old.metadata.uid
    )
  )
  t.strictSame(
    readdirSync(saved).filter((file) => file.includes('state')),
    []
  )
  t.equal((await run('--yes')).code, 0, 'and the next run begins anew')
})

t.test('where nothing can be created any more, it says how to go on, and goes on', async (t) => {
  const { plane, saved, run } = await labFor(t, LABELS, NEW_LABELS)
  plane.fault = (_, asked) => (asked === 'POST statefulsets' ? 403 : undefined)
  const { code, report } = await run('--yes', '-o', 'json')
  t.equal(code, 2)
  const [{ message = '', saved: file = '' } = {}] = report.statefulSets
  t.match(message, `its Pods have no controller until "kubectl create -f ${file}"`)
  t.ok(file.startsWith(saved) && existsSync(file))
  plane.fault = () => undefined
  t.match(await run('--yes', '-o', 'json'), {
    code: 0,
    report: { statefulSets: [{ outcome: 'recreated', pods: ['pgw-0', 'pgw-1'] }] }
  })
})

t.test('Pods without a controller, of which nothing is known any more', async (t) => {
  const { plane, run } = await labFor(t, LABELS, [set({ templates: RELABELLED, spec: { replicas: undefined } })])
  plane.stored.statefulsets?.clear()
  for (const { metadata } of plane.stored.pods?.values() ?? []) metadata.ownerReferences = []
  const { code, report } = await run('--yes', '-o', 'json')
  t.match([code, report], [0, { statefulSets: [{ outcome: 'recreated', message: /replaced/ }] }])
  t.equal(plane.stored.statefulsets?.get('pgw').spec.replicas, 2, 'as many as there are')
})

t.test('what somebody changes meanwhile is not deleted', async (t) => {
  const { plane, run } = await labFor(t, LABELS, NEW_LABELS)
  plane.fault = (_, asked) => {
    // Between the plan and the first change.
    const isLast = asked === 'POST statefulsets dry'
    if (isLast) queueMicrotask(() => Object.assign(plane.stored.statefulsets?.get('pgw').spec, { replicas: 3 }))
    return undefined
  }
  const { code, report } = await run('--yes', '-o', 'json')
  t.equal(code, 2)
  t.match(report, {
    statefulSets: [{ outcome: 'stopped', message: /another client has changed the StatefulSet meanwhile/ }]
  })
  t.notOk(writesTo(plane).includes('DELETE statefulsets/pgw'))
})

t.test('another one that somebody creates in between is not taken for the new one', async (t) => {
  const { plane, run } = await labFor(t, LABELS, NEW_LABELS)
  plane.fault = (_, asked) => {
    if (asked === 'POST statefulsets') plane.put('statefulsets', set())
    return undefined
  }
  const { code, report } = await run('--yes', '-o', 'json')
  t.equal(code, 2)
  t.match(report, { statefulSets: [{ outcome: 'stopped', message: /there is another StatefulSet now/ }] })
  plane.fault = () => undefined
  t.match(await run('--yes', '-o', 'json'), { code: 0, report: { statefulSets: [{ outcome: 'recreated' }] } })
})

t.test('what is under way elsewhere is not ours', async (t) => {
  const { plane, saved, run } = await labFor(t, [], LABELS)
  const journal = journalIn(saved, 'https://elsewhere', 'monitoring', 'pgw')
  await journal.save({ object: set(), uid: '1', pods: {}, claims: {}, deletedAt: 1 })
  t.match(await run('--yes', '-o', 'json'), { code: 0, report: { statefulSets: [{ outcome: 'nothing-to-do' }] } })
  const own = journalIn(saved, `${plane.connection.server.href}`, 'monitoring', 'pgw')
  await own.save({ object: set(), uid: '1', pods: { 'pgw-0': '1' }, claims: {}, deletedAt: 1 })
  t.match(
    await run('--yes', '-o', 'json'),
    { code: 0, report: { statefulSets: [{ outcome: 'nothing-to-do' }] } },
    'nor is what has gone since'
  )
})

t.test('a directory that cannot be used', async (t) => {
  const { plane, saved, run } = await labFor(t, LABELS, NEW_LABELS)
  writeFileSync(saved, '')
  t.match(await run('--yes'), { code: 2, stderr: /\[STATE_UNUSABLE\]/ })
  t.strictSame(writesTo(plane), [])
  const directory = temporaryDirectory()
  const journal = journalIn(directory, 'https://a', 'lab', 'a')
  await journal.save({ object: {}, uid: '1', pods: {}, claims: {} })
  for (const text of ['{', '[]', '{"uid":"1"}']) {
    for (const file of readdirSync(directory).filter((name) => name.includes('state')))
      writeFileSync(join(directory, file), text)
    await t.rejects(journal.find(), { code: 'STATE_UNUSABLE' }, text)
  }
})

t.test('files that cannot be used keep everything from it', async (t) => {
  const other = { ...set(), spec: {} }
  for (const [name, after] of [
    ['two of one name', [set(), other]],
    ['no name', [{ ...set(), metadata: {} }]],
    ['a path for a name', [set({ name: '../a' })]]
  ] as const) {
    const { plane, run } = await labFor(t, LABELS, after)
    t.match(await run('--yes'), { code: 2, stderr: /\[SOURCE_INVALID\]/ }, name)
    t.strictSame(plane.asked, [], name)
  }
})
