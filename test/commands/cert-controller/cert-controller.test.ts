import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import jsonPatch from 'fast-json-patch'
import t, { type Test } from 'tap'
import { certificatesIn } from '../../../src/certificates/trust-bundle.ts'
import { pageAt } from '../../../src/documentation.ts'
import { temporaryDirectory, testCertificates } from '../../helpers/certificates.ts'

/** The command as it is run, from source, against as much of an API server as it asks. */
const MAIN = new URL('../../../src/main.ts', import.meta.url).href
const RUN = `import { main } from ${JSON.stringify(MAIN)}; await main(['node', 'holdfast', ...process.argv.slice(1)])`

const SECRET = '/api/v1/namespaces/guardrails/secrets/holdfast-tls'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/guardrails/leases/holdfast-cert-controller'
const MUTATING = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/holdfast'
const VALIDATING = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/holdfast'

// biome-ignore lint/suspicious/noExplicitAny: objects of a test, which it changes as it likes
type Stored = any

interface Fake {
  readonly objects: Map<string, Stored>
  /** What is answered in the place of an answer, by path. */
  readonly refused: Map<string, number>
  readonly asked: string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
}

async function fakeApi(t: Test): Promise<Fake> {
  const issued = await testCertificates()
  const objects = new Map<string, Stored>()
  const refused = new Map<string, number>()
  const asked: string[] = []
  let version = 1
  const put = (path: string, object: Stored): void => {
    objects.set(path, { ...object, metadata: { ...object.metadata, resourceVersion: String(version++) } })
  }
  for (const path of [SECRET, LEASE]) put(path, { metadata: { name: 'shipped' } })
  for (const path of [MUTATING, VALIDATING]) put(path, { metadata: {}, webhooks: [{ clientConfig: {} }] })
  const answer = (method: string, path: string, body: string): readonly [number, object] => {
    const before = objects.get(path)
    const status = refused.get(path)
    if (status !== undefined) return [status, { message: 'refused by the test' }]
    if (before === undefined) return [404, { message: 'not found' }]
    if (method === 'PUT') {
      const object = JSON.parse(body)
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion) return [409, { message: 'conflict' }]
      put(path, object)
    }
    if (method === 'PATCH') {
      try {
        put(path, jsonPatch.applyPatch(structuredClone(before), JSON.parse(body), true).newDocument)
      } catch {
        return [422, { message: 'the test failed' }]
      }
    }
    return [200, objects.get(path)]
  }
  const server = createServer({ cert: issued.certificate, key: issued.privateKey }, async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    asked.push(`${request.method} ${request.url}`)
    const isKnown = request.headers.authorization === 'Bearer the-token'
    const [status, object] = isKnown ? answer(request.method ?? '', path, await text(request)) : [401, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const directory = temporaryDirectory()
  const files = { namespace: 'guardrails', token: 'the-token\n', 'ca.crt': issued.ca }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  const { port } = server.address() as AddressInfo
  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }
  return { objects, refused, asked, environment, directory }
}

interface Running {
  readonly log: () => string
  line(message: string): Promise<Record<string, unknown>>
  get(path: string): Promise<{ readonly status: number; readonly body: string }>
  stop(): Promise<number | null>
}

const QUICK = ['--poll-interval=20ms', '--lease-duration=1s', '--trust-delay=60ms', '--retire-delay=60ms']

function run(environment: Readonly<Record<string, string>>, flags: readonly string[]) {
  const args = ['cert-controller', '--bind-address=127.0.0.1', '--health-port=0', ...flags]
  const child = spawn(process.execPath, ['--input-type=module', '-e', RUN, '--', ...args], {
    env: { ...process.env, KUBERNETES_SERVICE_HOST: '', ...environment }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const ended: Promise<number | null> = once(child, 'close').then(([code]) => code)
  return { child, ended, log: () => output }
}

async function start(fake: Fake, flags: readonly string[] = QUICK): Promise<Running> {
  const { child, ended, log } = run(fake.environment, [`--service-account-dir=${fake.directory}`, ...flags])
  const line: Running['line'] = async (message) => {
    for (;;) {
      const lines = log().split('\n').slice(0, -1)
      const found = lines.map((one) => JSON.parse(one)).find(({ msg }) => msg === message)
      if (found) return found
      if (child.exitCode !== null) throw new Error(`ended without "${message}": ${log()}`)
      await sleep(10)
    }
  }
  const { healthPort } = await line('watching the certificate')
  return {
    log,
    line,
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${healthPort}${path}`)
      return { status: response.status, body: await response.text() }
    },
    stop() {
      child.kill('SIGTERM')
      return ended
    }
  }
}

t.test('issues, rotates when asked to, and leaves the Lease', async (t) => {
  const fake = await fakeApi(t)
  const controller = await start(fake)
  t.match(await controller.line('waiting'), { for: 'renewal' })
  const secret = () => fake.objects.get(SECRET)
  const first = secret().data
  t.strictSame(Object.keys(first).sort(), ['ca.crt', 'tls.crt', 'tls.key'])
  const leaf = new X509Certificate(Buffer.from(first['tls.crt'], 'base64'))
  for (const host of ['holdfast.guardrails.svc', 'holdfast.guardrails.svc.cluster.local'])
    t.equal(leaf.checkHost(host), host, 'the names of the Service in its own namespace')
  t.match(await controller.get('/readyz'), { status: 200 })

  secret().metadata.annotations = { 'holdfast.dev/rotate': 'now', 'example.com/kept': 'yes' }
  secret().data = { ...first, 'binary.bin': '//79' }
  await controller.line('the rotation is complete')
  t.strictSame(Object.keys(secret().data).sort(), ['binary.bin', 'ca.crt', 'tls.crt', 'tls.key'])
  t.equal(secret().data['binary.bin'], '//79', 'other values stay as they are')
  t.strictSame(secret().metadata.annotations, { 'example.com/kept': 'yes' })
  t.not(secret().data['ca.crt'], first['ca.crt'])
  for (const path of [MUTATING, VALIDATING]) {
    const [{ clientConfig }] = fake.objects.get(path).webhooks
    t.strictSame(certificatesIn(clientConfig.caBundle), certificatesIn(secret().data['ca.crt']))
  }
  const { body } = await controller.get('/metrics')
  t.match(body, /^holdfast_rotation_leader 1$/m)
  t.match(body, /^holdfast_rotation_certificates_total 2$/m)
  t.match(body, /^holdfast_rotation_foreign_cas 0$/m)
  t.match(body, /^holdfast_rotation_certificate_not_after_seconds \d{10}/m)

  t.equal(await controller.stop(), 0)
  t.equal(fake.objects.get(LEASE).spec.holderIdentity, '')
  t.strictSame(
    [
      ...new Set(fake.asked.map((line) => line.replace('?fieldManager=holdfast-cert-controller', ' as its own')))
    ].sort(),
    [SECRET, LEASE, MUTATING, VALIDATING]
      .flatMap((path) => [`GET ${path}`, `${path.includes('webhook') ? 'PATCH' : 'PUT'} ${path} as its own`])
      .sort(),
    'and these requests are all that it makes'
  )
})

t.test('what is wrong is said once, and over when it is over', async (t) => {
  const fake = await fakeApi(t)
  const cases: readonly (readonly [path: string, status: number, code: string])[] = [
    [SECRET, 403, 'ROTATION_FORBIDDEN'],
    [SECRET, 404, 'ROTATION_OBJECT_MISSING'],
    [LEASE, 500, 'ROTATION_FAILED'],
    // Nobody is that much faster, again and again: a write that is refused for another reason.
    [MUTATING, 409, 'ROTATION_FAILED']
  ]
  for (const [path, status, code] of cases) {
    fake.refused.set(path, status)
    const controller = await start(fake)
    const { reason } = await controller.line('cannot look after the certificate, trying again')
    t.match(reason, `[${code}]`)
    t.match(await controller.get('/readyz'), { status: 503, body: code })
    t.equal((await controller.get('/livez')).status, 200)
    await sleep(100)
    t.equal(controller.log().match(new RegExp(code, 'g'))?.length, 1, 'not at each look')
    fake.refused.delete(path)
    await controller.line('works again')
    t.equal(await controller.stop(), 0)
  }
})

t.test('while another holds the Lease, it only looks on', async (t) => {
  const fake = await fakeApi(t)
  fake.objects.get(LEASE).spec = { holderIdentity: 'another', leaseDurationSeconds: 3600 }
  const controller = await start(fake)
  await controller.line('another process leads')
  // The line is written before the look ends, and only its end makes it ready.
  while ((await controller.get('/readyz')).status !== 200) await sleep(20)
  await sleep(100)
  t.match((await controller.get('/metrics')).body, /^holdfast_rotation_leader 0$/m)
  t.equal(await controller.stop(), 0)
  t.strictSame([...new Set(fake.asked)], [`GET ${LEASE}`])
  t.equal(fake.objects.get(LEASE).spec.holderIdentity, 'another')
})

t.test('a Secret of cert-manager, and CAs of somebody else', async (t) => {
  const fake = await fakeApi(t)
  const { ca } = await testCertificates()
  fake.objects.get(MUTATING).webhooks[0].clientConfig.caBundle = Buffer.from(ca).toString('base64')
  fake.objects.get(SECRET).metadata.annotations = { 'cert-manager.io/certificate-name': 'holdfast-tls' }
  const controller = await start(fake)
  const { reason } = await controller.line('cannot look after the certificate, trying again')
  t.match(reason, 'SECRET_MANAGED_ELSEWHERE')
  t.equal(fake.objects.get(SECRET).data, undefined)
  fake.objects.get(SECRET).metadata.annotations = {}
  t.match(
    await controller.line(
      `caBundle has CAs from somebody else, which stay (${pageAt('docs/certificates.md')}#cas-of-others)`
    ),
    { cas: 1 }
  )
  await controller.line('put the new certificate into the Secret')
  t.equal(await controller.stop(), 0)
  const { caBundle } = fake.objects.get(MUTATING).webhooks[0].clientConfig
  t.ok(Buffer.from(caBundle, 'base64').toString().startsWith(ca), 'theirs is still the first')
})

t.test('a webhook configuration that is not there', async (t) => {
  const fake = await fakeApi(t)
  fake.objects.delete(VALIDATING)
  const controller = await start(fake)
  const warning = 'there is no webhook configuration "holdfast" of this kind: no entry in it is trusted'
  t.match(await controller.line(warning), { missing: ['validatingwebhookconfigurations'] })
  await controller.line('waiting')
  t.match((await controller.get('/metrics')).body, /^holdfast_rotation_webhook_entries 1$/m)
  t.equal(await controller.stop(), 0)
})

t.test('what it cannot start with', async (t) => {
  const fake = await fakeApi(t)
  const directory = `--service-account-dir=${fake.directory}`
  const cases = [
    ['NOT_IN_CLUSTER', {}, []],
    ['NOT_IN_CLUSTER', fake.environment, ['--service-account-dir=/nowhere']],
    ['FLAG_INVALID', fake.environment, [directory, '--lease-duration=10s']],
    ['longer than nothing', fake.environment, [directory, '--poll-interval=0s']]
  ] as const
  for (const [code, environment, flags] of cases) {
    const { ended, log } = run(environment, flags)
    t.equal(await ended, 2)
    t.match(log(), code)
  }
})
