import { connect } from 'node:tls'
import { pino } from 'pino'
import t from 'tap'
import { POD } from '../../src/core/objects/kinds.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { claimTemplate, container, pod, pushgateway, statefulSet } from '../fixtures/objects.ts'
import { podCreation, statefulSetUpdate } from '../fixtures/reviews.ts'
import { defaultPolicies, policiesWith } from '../helpers/configured.ts'
import { testServer } from '../helpers/server.ts'

const before = statefulSet({ templates: [claimTemplate({ labels: { v: '1' } })] })
const after = statefulSet({ templates: [claimTemplate({ labels: { v: '2' } })] })
const good = podCreation(pod())

t.test('evaluated: 200, whatever is said', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const table: readonly (readonly [string, JsonObject, { allowed: boolean; patched?: boolean; warned?: boolean }])[] = [
    ['/mutate', good, { allowed: true, patched: true, warned: true }],
    ['/mutate?timeout=5s', good, { allowed: true, patched: true, warned: true }],
    ['/mutate/enforce', good, { allowed: true, patched: true, warned: true }],
    ['/mutate/warn', good, { allowed: true, warned: true }],
    ['/mutate/audit', good, { allowed: true }],
    ['/validate', good, { allowed: true }],
    ['/mutate', statefulSetUpdate(before, after), { allowed: false }],
    ['/mutate/warn', statefulSetUpdate(before, after), { allowed: true, warned: true }],
    ['/mutate/audit', statefulSetUpdate(before, after), { allowed: true }],
    ['/validate', statefulSetUpdate(before, after), { allowed: true }]
  ]
  for (const [path, body, { allowed, patched = false, warned = false }] of table) {
    const { status, headers, json } = await server.post(path, body)
    const kind = (body.request as { kind: { kind: string } }).kind.kind
    t.equal(status, 200, `${path} ${kind}`)
    t.match(headers['content-type'], /^application\/json/)
    t.strictSame(
      {
        allowed: json.response.allowed,
        patched: json.response.patch !== undefined,
        warned: json.response.warnings !== undefined
      },
      { allowed, patched, warned },
      `${path} ${kind}`
    )
  }
})

t.test('could not evaluate: 4xx with a sentence in plain text', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const json = { 'content-type': 'application/json' }
  const table: readonly (readonly [string, string, unknown, Record<string, string>, number, RegExp])[] = [
    ['no JSON', '/mutate', '{"kind":', json, 400, /not JSON/],
    ['no body', '/mutate', '', json, 400, /not JSON|no body/],
    ['a wrong kind', '/mutate', { kind: 'Pod' }, json, 400, /kind is not AdmissionReview/],
    ['v1beta1', '/mutate', { ...good, apiVersion: 'admission.k8s.io/v1beta1' }, json, 400, /admissionReviewVersions/],
    ['no request', '/mutate', { ...good, request: null }, json, 400, /request is missing/],
    ['YAML', '/mutate', 'kind: AdmissionReview', { 'content-type': 'application/yaml' }, 415, /application\/json/],
    ['no content type', '/mutate', good, { 'content-type': '' }, 415, /application\/json/],
    ['a kind that disagrees', '/mutate', podCreation(statefulSet()), json, 400, /not the v1 Pod/],
    [
      'eleven megabytes',
      '/mutate',
      podCreation(pod({ annotations: { a: 'x'.repeat(11 * 1024 * 1024) } })),
      json,
      413,
      /3 MiB/
    ],
    [
      'a million empty objects',
      '/mutate',
      JSON.stringify(podCreation(pod({ containers: [] }))).replace('[]', `[${'{},'.repeat(1_000_000)}{}]`),
      json,
      413,
      /more than 500000 objects, lists and members/
    ],
    ['another path', '/mutatee', good, json, 404, /POST \/mutatee/],
    ['another path, and no type that can be read', '/mutatee', good, { 'content-type': '@@@' }, 404, /PATH_UNKNOWN/],
    ['a mode that does not exist', '/mutate/strict', good, json, 404, /\/mutate\/strict/],
    ['a path that nobody can read', '/%zz', good, json, 404, /cannot be read/],
    ['a mode that would be pointless', '/mutate/off', good, json, 404, /\/mutate\/off/]
  ]
  for (const [name, path, body, headers, status, message] of table) {
    const answer = await server.post(path, body, headers)
    t.equal(answer.status, status, name)
    t.match(answer.headers['content-type'], /^text\/plain/, `${name}: the API server shows text only`)
    t.match(answer.body, message, name)
    t.ok(answer.body.length < 2048, `${name}: the API server cuts after 2048 bytes`)
  }
  t.match(await server.metrics(), /holdfast_review_errors_total\{code="REVIEW_TOO_LARGE"\} 2/)
  t.equal(
    (await server.post('/mutate', good)).json.response.allowed,
    true,
    'and a good review is answered after all that'
  )
  t.notMatch(JSON.stringify(server.lines), /xxxxx|"kind\\":/, 'the log never shows a body')
})

t.test('a body that ends too early', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const text = JSON.stringify(good)
  const half = await rawRequest(
    server.port,
    `POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 100)}`
  )
  t.notMatch(half, /200/, 'never an answer that says evaluated')
  t.equal((await server.post('/mutate', text.slice(0, 100))).status, 400)
  t.equal((await server.post('/mutate', good)).status, 200)
})

t.test('hostile and well-formed: evaluated in bounded time, and the next one too', async (t) => {
  const server = await testServer({ policies: policiesWith({ onChange: 'restore' }) })
  t.teardown(() => server.drain(0))
  const nested = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
  const labels = (value: string): Record<string, string> =>
    Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, value]))
  const template = (parts: object): JsonObject => statefulSet({ templates: [{ ...claimTemplate(), ...parts }] })
  const withText = (text: string): string =>
    JSON.stringify(podCreation(pod({ annotations: { hole: '@@' } }))).replace('"@@"', text)
  const table: readonly (readonly [string, unknown])[] = [
    ['ten thousand levels in a Pod', withText(nested)],
    [
      'ten thousand levels in both claim templates',
      JSON.stringify(statefulSetUpdate(template({ spec: '@1' }), template({ spec: '@2' }))).replaceAll(
        /"@[12]"/g,
        nested
      )
    ],
    [
      'ten thousand levels in one claim template',
      JSON.stringify(statefulSetUpdate(template({ spec: 1 }), template({ spec: '@' }))).replace('"@"', nested)
    ],
    [
      'ten thousand levels in labels',
      JSON.stringify(
        statefulSetUpdate(template({ metadata: { name: 'a', labels: { x: '@' } } }), template({}))
      ).replace('"@"', nested)
    ],
    [
      'a hundred thousand labels',
      statefulSetUpdate(
        template({ metadata: { name: 'a', labels: labels('1') } }),
        template({ metadata: { name: 'a', labels: labels('2') } })
      )
    ],
    [
      'five megabytes of annotations',
      podCreation(
        pod({ annotations: { a: 'x'.repeat(5 * 1024 * 1024), 'holdfast.dev/drain-seconds': '9'.repeat(1_000_000) } })
      )
    ],
    [
      '__proto__ everywhere',
      JSON.stringify(podCreation(pod({ containers: [{ ...pushgateway(), hole: 1 }] }))).replaceAll(
        '"hole":1',
        '"__proto__":{"lifecycle":{"preStop":{"sleep":{"seconds":1}}}},"constructor":{"prototype":{}}'
      )
    ],
    [
      '__proto__ as a label',
      JSON.stringify(
        statefulSetUpdate(template({ metadata: { name: 'a', labels: { hole: '1' } } }), template({}))
      ).replaceAll('"hole"', '"__proto__"')
    ],
    [
      'lone surrogates',
      JSON.stringify(
        statefulSetUpdate(before, template({ metadata: { name: '\ud800', labels: { '\udfff': '\ud800' } } }))
      )
    ],
    ['containers that are null', podCreation(pod({ containers: null }))],
    ['containers that are a text', podCreation(pod({ containers: 'pushgateway' }))],
    ['a lifecycle that is a text', podCreation(pod({ containers: [pushgateway({ lifecycle: 'x' })] }))],
    ['a spec that is a list', podCreation({ ...pod(), spec: [] })],
    ['metadata that is a number', podCreation({ ...pod(), metadata: 1 })],
    ['claim templates that are a map', statefulSetUpdate(before, statefulSet({ templates: { 0: claimTemplate() } }))],
    ['claim templates of null', statefulSetUpdate(before, statefulSet({ templates: [null, 'x', []] }))],
    [
      'sixty thousand containers',
      podCreation(pod({ containers: Array.from({ length: 60_000 }, () => ({ image: 'pushgateway' })) }))
    ],
    [
      'a preStop that is a puzzle',
      podCreation(
        pod({
          containers: [
            pushgateway({ lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep '.repeat(100_000)] } } } })
          ]
        })
      )
    ]
  ]
  for (const [name, body] of table) {
    const before = process.cpuUsage()
    const answer = await server.post('/mutate', body)
    t.equal(answer.status, 200, name)
    t.type(answer.json.response.allowed, 'boolean', name)
    // Of this process, client and server: a busy machine makes it wait, and not work more.
    const { user, system } = process.cpuUsage(before)
    t.ok((user + system) / 1e6 < 5, `${name}: seconds of CPU, within the time that the API server gives a webhook`)
  }
  t.equal(({} as { lifecycle?: unknown }).lifecycle, undefined, 'nothing got into what all objects inherit')
  t.match((await server.post('/mutate', good)).json.response, { allowed: true, patchType: 'JSONPatch' })
})

t.test('what crashes is said, counted and logged', async (t) => {
  const crash = {
    policy: {
      id: 'broken',
      summary: '',
      defaultMode: 'enforce',
      options: {},
      matches: [{ phase: 'mutate', operation: 'CREATE', resource: POD, about: { kind: 'immutable-fields' } }],
      check: () => {
        throw new Error('a bug')
      }
    },
    mode: 'enforce',
    options: {},
    exemptions: []
  } as const
  const beside = await testServer({ policies: [crash, ...defaultPolicies()] })
  t.teardown(() => beside.drain(0))
  const { json } = await beside.post('/mutate', good)
  t.match(json.response, {
    allowed: true,
    patchType: 'JSONPatch',
    warnings: [/^Holdfast broken: could not evaluate/, /adds a preStop/]
  })
  t.match(await beside.metrics(), /holdfast_findings_total\{policy="broken",mode="enforce",outcome="crashed"\} 1/)
  t.match(
    beside.lines.find(({ msg }) => msg === 'policy crashed'),
    { policy: 'broken', err: { message: 'a bug' } }
  )

  const alone = await testServer({ policies: [crash] })
  t.teardown(() => alone.drain(0))
  const answer = await alone.post('/mutate', good)
  t.equal(answer.status, 500, 'nobody evaluated: failurePolicy decides')
  t.match(answer.body, /was not evaluated/)
  t.match(await alone.metrics(), /holdfast_review_errors_total\{code="POLICIES_CRASHED"\} 1/)
})

t.test('one line for each decision, with names and without contents', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  const secret = pushgateway({ env: [{ name: 'TOKEN', value: 'hunter2' }] })
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  await server.post('/mutate', podCreation(pod({ containers: [secret], annotations: { password: 'hunter3' } })), {
    'content-type': 'application/json',
    ...trace
  })
  await server.post('/mutate', podCreation(pod({ containers: [container('nginx', 'nginx')] })))
  const decided = server.lines.filter(({ msg }) => msg === 'decided')
  t.match(decided, [
    {
      level: pino.levels.values.info,
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      review: {
        uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
        operation: 'CREATE',
        kind: 'Pod',
        namespace: 'monitoring',
        name: 'pushgateway-0',
        outcome: 'patched',
        policies: [{ policy: 'pushgateway-graceful-stop', mode: 'enforce', outcome: 'patched' }],
        ms: Number
      }
    },
    { level: pino.levels.values.debug, review: { outcome: 'allowed', policies: { length: 0 } } }
  ])
  t.notOk('trace_id' in (decided[1] ?? {}), 'no trace, no member')
  t.notMatch(JSON.stringify(server.lines), /hunter/)

  const type = { 'content-type': 'application/json' }
  await server.post('/mutate', { kind: 'AdmissionReview' }, { ...type, ...trace })
  await server.post('/mutate', pod(), type)
  await server.post('/nowhere', pod(), { ...type, ...trace })
  const failures = server.lines.filter(({ msg }) => msg === 'could not evaluate a review')
  t.match(failures, [
    { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', code: 'REVIEW_VERSION' },
    { code: 'REVIEW_MALFORMED' },
    { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', code: 'PATH_UNKNOWN' }
  ])
  t.notOk('trace_id' in (failures[1] ?? {}), 'no trace, no member')
})

t.test('metrics: bounded labels, never a name', async (t) => {
  const server = await testServer()
  t.teardown(() => server.drain(0))
  await server.post('/mutate', statefulSetUpdate(before, after))
  await server.post(
    '/mutate',
    podCreation({ kind: 'Gadget', apiVersion: 'v1' }, { kind: { group: '', version: 'v1', kind: 'Gadget' } })
  )
  await server.post('/mutate', podCreation(null, { operation: 'MELT' }))
  const text = await server.metrics()
  for (const line of [
    'holdfast_reviews_total{kind="StatefulSet",operation="UPDATE",outcome="denied"} 1',
    'holdfast_reviews_total{kind="other",operation="CREATE",outcome="allowed"} 1',
    'holdfast_reviews_total{kind="Pod",operation="other",outcome="allowed"} 1',
    'holdfast_findings_total{policy="claim-template-labels",mode="enforce",outcome="denied"} 1',
    'holdfast_review_duration_seconds_bucket{le="0.0001",kind="StatefulSet",operation="UPDATE"}',
    'holdfast_review_duration_seconds_count{kind="StatefulSet",operation="UPDATE"} 1',
    'holdfast_certificate_not_after_seconds ',
    `holdfast_build_info{version="0.1.0",node="${process.versions.node}"} 1`
  ]) {
    t.ok(text.includes(line), line)
  }
  t.notMatch(text, /pgw|monitoring|Gadget/)
})

/** Sends bytes as they are, ends the sending side, and answers with what comes back. */
function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => socket.end(text))
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}
