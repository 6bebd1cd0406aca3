import { pino } from 'pino'
import t from 'tap'
import { type IssuedCertificates, issueCertificates } from '../../../src/certificates/issue.ts'
import type { SecretTexts } from '../../../src/certificates/rotation-secret.ts'
import { type Controller, createController } from '../../../src/commands/cert-controller/controller.ts'
import { eventsTo } from '../../../src/commands/cert-controller/events.ts'
import type { Objects, WebhookConfiguration } from '../../../src/commands/cert-controller/objects.ts'
import type { JsonObject } from '../../../src/core/values/json.ts'
import { createRotationMetrics } from '../../../src/server/rotation-metrics.ts'

const START = new Date('2026-06-01T12:00:00Z')
const HOST = 'holdfast.guardrails.svc'
const LEASE_MS = 15_000

interface Paper {
  readonly controller: Controller
  readonly steps: string[]
  texts: SecretTexts
  isRotationWanted: boolean
  isLeaseLost: boolean
  issues: number
  now: number
}

/** One controller, and a cluster that answers at once. */
function onPaper(hosts: readonly string[], issue: () => Promise<IssuedCertificates>, trustMs = 0): Paper {
  const caBundles: (string | undefined)[] = [undefined]
  let lease: JsonObject = { metadata: {} }
  const objects: Objects = {
    lease: async () => {
      if (paper.isLeaseLost) throw new Error('no answer')
      return lease
    },
    writeLease: async (written) => {
      lease = written
    },
    secret: async () => ({
      metadata: { annotations: paper.isRotationWanted ? { 'holdfast.dev/rotate': 'now' } : {} },
      data: Object.fromEntries(Object.entries(paper.texts).map(([key, text]) => [key, btoa(text)]))
    }),
    writeSecret: async (_, texts) => {
      paper.texts = texts
    },
    configurations: async () => [
      { plural: 'mutatingwebhookconfigurations', path: 'mutating', object: {}, caBundles: [...caBundles] }
    ],
    writeCaBundles: async (_: WebhookConfiguration, changed) => {
      caBundles.splice(0, caBundles.length, ...changed)
    }
  }
  const paper: Paper = {
    controller: createController({
      objects,
      hosts,
      delays: { trustMs, retireMs: 0 },
      candidate: { identity: 'one', durationMs: LEASE_MS },
      clock: { now: () => new Date(START.getTime() + paper.now), monotonic: () => paper.now },
      issue: () => {
        paper.issues++
        return issue()
      },
      looked: () => {},
      took: ({ do: step }) => paper.steps.push(step),
      notLeading: () => paper.steps.push('not leading')
    }),
    steps: [],
    texts: {},
    isRotationWanted: false,
    isLeaseLost: false,
    issues: 0,
    now: 0
  }
  return paper
}

t.test('a certificate that is not for the hosts is not stored', async (t) => {
  const own = await issueCertificates([HOST], 90, START)
  const another = await issueCertificates([HOST], 90, START)
  const cases: Readonly<Record<string, readonly [hosts: readonly string[], issued: IssuedCertificates]>> = {
    'for another host': [['example.org'], own],
    'for one of two hosts': [[HOST, '10.0.0.1'], own],
    'an address that is read back in another form': [
      ['::ffff:10.0.0.1'],
      await issueCertificates(['::ffff:10.0.0.1'], 90, START)
    ],
    'with the key of another': [[HOST], { ...own, privateKey: another.privateKey }]
  }
  for (const [what, [hosts, issued]] of Object.entries(cases)) {
    const paper = onPaper(hosts, async () => issued)
    await t.rejects(paper.controller.tick(), { code: 'ROTATION_FAILED' }, what)
    t.strictSame([paper.texts, paper.steps, paper.issues], [{}, ['not leading'], 1], what)
  }
})

t.test('one that is for the hosts is stored, however they are written', async (t) => {
  for (const host of [HOST, 'Holdfast.Example.ORG', '*.example.org', '10.0.0.1', '::1', '2001:DB8:0:0::1']) {
    const paper = onPaper([host], () => issueCertificates([host], 90, START))
    await paper.controller.tick()
    t.strictSame(paper.steps, ['not leading', 'issue', 'trust'], host)
    await paper.controller.tick()
    t.equal(paper.issues, 1, host)
  }
})

t.test('a request that comes back at once gets one certificate a tick', async (t) => {
  const paper = onPaper([HOST], () => issueCertificates([HOST], 90, START))
  paper.isRotationWanted = true
  for (const ticks of [1, 2, 3]) {
    await paper.controller.tick()
    t.equal(paper.issues, ticks)
  }
})

t.test('a wait begins anew after a time in which the Lease could not be read', async (t) => {
  const paper = onPaper([HOST], () => issueCertificates([HOST], 90, START), 60_000)
  await paper.controller.tick()
  paper.isRotationWanted = true
  await paper.controller.tick()
  paper.isRotationWanted = false
  const at = async (now: number): Promise<void> => {
    paper.now = now
    await paper.controller.tick()
  }
  await at(5000)
  paper.isLeaseLost = true
  await t.rejects(at(10_000))
  paper.isLeaseLost = false
  paper.steps.length = 0
  await at(100_000)
  t.strictSame(paper.steps, ['not leading'], 'it does not go on from before')
  for (let now = 105_000; now <= 160_000; now += 5000) await at(now)
  t.ok(paper.steps.includes('serve'))
})

t.test('a process that does not lead tells nothing of the certificate', async (t) => {
  const metrics = createRotationMetrics()
  const events = eventsTo(pino({ level: 'silent' }), metrics)
  metrics.leading(true)
  metrics.expires(START, START)
  metrics.foreign(2)
  events.notLeading()
  const text = await metrics.registry.metrics()
  for (const name of ['leader', 'certificate_not_after_seconds', 'ca_not_after_seconds', 'foreign_cas'])
    t.match(text, new RegExp(`^holdfast_rotation_${name} 0$`, 'm'), name)
})
