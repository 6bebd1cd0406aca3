// Which pair serves, while the files hold what no client accepts at the moment.
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { outOfDate } from '../../src/certificates/key-pair.ts'
import { selfRequest } from '../../src/server/self-request.ts'
import { startServer } from '../../src/server/server.ts'
import { temporaryDirectory, testCertificates, writePair } from '../helpers/certificates.ts'
import { serverOptions } from '../helpers/server.ts'

type Pair = Awaited<ReturnType<typeof testCertificates>>

const MINUTE = 60_000
const YEAR = 365 * 24 * 60 * MINUTE

const valid = () => testCertificates()
const expired = () => testCertificates(-1)
/** Valid in `ms` from now on. The issuer takes five minutes off. */
const later = (ms: number) => testCertificates(2, new Date(Date.now() + 5 * MINUTE + ms))

interface Server {
  publish(pair: Pair): void
  /** What new connections get: true for this pair. */
  serves(pair: Pair): Promise<boolean>
  ready(): Promise<{ status: number; body: string }>
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>
  readonly lines: readonly { readonly msg: string; readonly reason?: string }[]
}

async function serverWith(t: Test, first: Pair): Promise<Server> {
  const directory = temporaryDirectory()
  const files = { ...writePair(directory, first), clientCa: undefined }
  const lines: { msg: string; reason?: string }[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const serving = { keyPair: first.keyPair, clientCa: undefined }
  const server = await startServer(serverOptions(serving, { files, pollMs: 10, logger }))
  t.teardown(() => server.drain(0))
  const get = (path: string) => fetch(`http://127.0.0.1:${server.healthPort}${path}`)
  return {
    lines,
    publish: (pair) => void writePair(directory, pair),
    serves: async ({ keyPair }) => (await selfRequest('127.0.0.1', server.port, keyPair.fingerprint)) === undefined,
    async ready() {
      const response = await get('/readyz')
      return { status: response.status, body: await response.text() }
    },
    async metric(name) {
      const text = await (await get('/metrics')).text()
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    }
  }
}

/** Waits ten seconds at the most. */
async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (await condition()) return
    await sleep(10)
  }
  throw new Error(`${what}: it did not come to pass`)
}

const FAILURES = 'holdfast_certificate_reload_failures_total'
const SUCCESSFUL = 'holdfast_certificate_last_reload_successful'
const NOT_AFTER = 'holdfast_certificate_not_after_seconds'

t.test('a pair that no client accepts today does not replace one that serves', async (t) => {
  const table: readonly (readonly [string, () => Promise<Pair>, RegExp])[] = [
    ['expired', expired, /it has expired: it was valid until .*\[CERTIFICATE_INVALID\]/],
    ['valid from next year on', () => later(YEAR), /it is not valid before .*\[CERTIFICATE_INVALID\]/]
  ]
  for (const [name, make, reason] of table) {
    const good = await valid()
    const server = await serverWith(t, good)
    const bad = await make()
    server.publish(bad)
    await until(name, async () => (await server.metric(FAILURES)) > 0)
    // A write of two files may be read in between: the reason that is looked for is that of the whole pair.
    await until(`${name}: the log`, () => server.lines.some((line) => reason.test(line.reason ?? '')))
    t.ok(await server.serves(good), `${name}: the one before serves on`)
    t.equal(await server.metric(SUCCESSFUL), 0, `${name}: not successful`)
    t.match(await server.ready(), { status: 200 }, `${name}: and is ready`)
    t.equal(await server.metric(NOT_AFTER), good.keyPair.notAfter.getTime() / 1000, `${name}: its end is the metric`)
    const next = await valid()
    server.publish(next)
    await until(`${name}: a good one after it`, () => server.serves(next))
    t.equal(await server.metric(SUCCESSFUL), 1, `${name}: successful again`)
  }
})

t.test('a pair that is valid later is taken when its time has come', async (t) => {
  const server = await serverWith(t, await valid())
  const soon = await later(3000)
  server.publish(soon)
  await until('it is refused first', () => server.lines.some(({ reason }) => reason?.includes('not valid before')))
  await until('and served then', () => server.serves(soon))
  t.ok(new Date() >= soon.keyPair.notBefore)
  t.match(await server.ready(), { status: 200 })
})

t.test('a server starts with such a pair, is not ready, says why, and mends without a restart', async (t) => {
  const table: readonly (readonly [string, Pair, RegExp])[] = [
    ['expired', await expired(), /^\[-\]certificate failed: it has expired: it was valid until \d{4}-.*Z$/m],
    ['not valid yet', await later(YEAR), /^\[-\]certificate failed: it is not valid before \d{4}-.*Z$/m]
  ]
  for (const [name, bad, body] of table) {
    const server = await serverWith(t, bad)
    t.match(await server.ready(), { status: 503, body }, name)
    t.match(server.lines[0], { level: 50, msg: 'not ready: no client accepts the certificate', reason: /valid/ }, name)
    t.equal(await server.metric('holdfast_certificate_last_load_seconds'), 0, `${name}: no usable one was read`)
    const good = await valid()
    server.publish(good)
    await until(`${name}: a good one`, () => server.serves(good))
    t.match(await server.ready(), { status: 200 }, `${name}: a good one`)
    t.equal(await server.metric(NOT_AFTER), good.keyPair.notAfter.getTime() / 1000)
  }
})

t.test('the first and the last moment are valid', async (t) => {
  const { keyPair } = await valid()
  const { notBefore, notAfter } = keyPair
  const table: readonly (readonly [number, RegExp | undefined])[] = [
    [notBefore.getTime() - 1, /not valid before/],
    [notBefore.getTime(), undefined],
    [notAfter.getTime(), undefined],
    [notAfter.getTime() + 1, /has expired/]
  ]
  for (const [moment, problem] of table) {
    const found = outOfDate(keyPair, new Date(moment))
    if (problem === undefined) t.equal(found, undefined)
    else t.match(found, problem)
  }
})
