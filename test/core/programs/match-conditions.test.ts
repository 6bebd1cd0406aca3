import fc from 'fast-check'
import t from 'tap'
import { DEPLOYMENT, POD, STATEFUL_SET } from '../../../src/core/objects/kinds.ts'
import type { Container } from '../../../src/core/objects/pod.ts'
import { ALERTMANAGER, isAlertmanager } from '../../../src/core/programs/alertmanager.ts'
import { isKubeStateMetrics, KUBE_STATE_METRICS } from '../../../src/core/programs/kube-state-metrics.ts'
import { matchConditionsFor } from '../../../src/core/programs/match-conditions.ts'
import type { Program } from '../../../src/core/programs/program.ts'
import { isPrometheus, PROMETHEUS } from '../../../src/core/programs/prometheus.ts'
import { isPushgateway, PUSHGATEWAY } from '../../../src/core/programs/pushgateway.ts'
import { isThanos, THANOS } from '../../../src/core/programs/thanos.ts'
import type { About, Match, Phase } from '../../../src/core/subject.ts'
import { anyContainer, PROGRAMS } from '../../fixtures/generated.ts'
import { container, pod, statefulSet } from '../../fixtures/objects.ts'
import { subjectOf } from '../../fixtures/reviews.ts'
import { isLetThrough } from '../../manifests/called.ts'

/** The function that recognises a program, for each that a policy is about. */
const RECOGNISED: readonly (readonly [Program, (container: Container) => boolean])[] = [
  [ALERTMANAGER, isAlertmanager],
  [KUBE_STATE_METRICS, isKubeStateMetrics],
  [PROMETHEUS, isPrometheus],
  [PUSHGATEWAY, isPushgateway],
  [THANOS, isThanos]
]

function aboutProgram(program: Program, parts: Partial<Match> = {}): Match {
  return {
    phase: 'mutate',
    operation: 'CREATE',
    resource: POD,
    about: { kind: 'programs', programs: [program] },
    ...parts
  }
}

t.test('what is recognised is let through', async (t) => {
  const listed = RECOGNISED.map(([{ name }]) => name)
  t.strictSame(listed.sort(), PROGRAMS.map(({ name }) => name).sort(), 'every program that a policy is about is here')
  for (const [program, isIt] of RECOGNISED) {
    const conditions = matchConditionsFor([aboutProgram(program)])
    let recognised = 0
    const property = fc.property(anyContainer, (object) => {
      if (!isIt({ index: 0, object })) return true
      recognised++
      const containers = [container('app', 'nginx:1.31'), object]
      return isLetThrough(conditions, subjectOf(pod({ containers }), undefined, ['mutate']))
    })
    t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }), program.name)
    t.ok(recognised > 10, `${program.name}: ${recognised} were`)
  }
})

t.test('the data mean the same in CEL, in a pattern and in YAML', async (t) => {
  for (const { name, images, commands = [], flags = [], containers } of PROGRAMS) {
    t.ok(images.length > 0, `${name} has an image`)
    for (const text of [...images, ...commands, ...flags, ...(containers?.names ?? [])])
      t.match(text, /^[a-z0-9][a-z0-9.-]*$/, `${name}: ${text}`)
  }
})

t.test('a program more', async (t) => {
  const alertmanager: Program = { name: 'Alertmanager', images: ['alertmanager'], commands: ['alertmanager'] }
  const expressionFor = (...programs: Program[]) =>
    matchConditionsFor(programs.map((program) => aboutProgram(program))).at(-1)?.expression ?? ''
  const both = expressionFor(PUSHGATEWAY, alertmanager, alertmanager)
  t.match(
    both,
    "c.image.contains('pushgateway') || c.image.contains('push-gateway') || c.image.contains('alertmanager')"
  )
  t.match(both, '(pushgateway|alertmanager)([[:space:]]|$)')
  t.match(both, 'size(words) > 20000 ')

  const many = Array.from({ length: 12 }, (_, index) => ({ ...alertmanager, commands: [`program-${index}`] }))
  t.match(
    expressionFor(...many),
    'size(words) > 10000 ',
    'what reading costs is bounded, whatever there is to look for'
  )

  const shared = { ...alertmanager, images: ['a.b', 'c'], sharesImageNames: true as const }
  t.match(expressionFor(shared), "c.image.matches('(^|/)(a[.]b|c)(:[^/@]*)?(@|$)')")
})

t.test('what differs is not asked for where there is nothing that it could differ from', async (t) => {
  const changes: readonly About[] = [
    { kind: 'immutable-fields' },
    { kind: 'labels-of-program', program: KUBE_STATE_METRICS, annotation: 'a/b' }
  ]
  const match = { phase: 'mutate', resource: STATEFUL_SET } as const
  const matches = changes.map((about): Match => ({ ...match, operation: 'UPDATE', about }))
  const both = matchConditionsFor([...matches, aboutProgram(PUSHGATEWAY, match)])
  const running = (image: string, parts: object = {}) =>
    statefulSet({ spec: { template: { spec: { containers: [container('app', image)] } }, ...parts } })
  const created = (image: string) => subjectOf(running(image), undefined, ['mutate'])
  t.equal(isLetThrough(both, created('nginx')), false)
  t.equal(isLetThrough(both, created('pushgateway')), true)
  t.throws(() => isLetThrough(matchConditionsFor(matches), created('nginx')), 'an entry for updates alone need not ask')
  const changed = subjectOf(running('nginx', { serviceName: 'x' }), running('nginx'), ['mutate'])
  for (const conditions of [both, matchConditionsFor(matches)]) t.equal(isLetThrough(conditions, changed), true)
})

t.test('names of conditions', async (t) => {
  const names = (phase: Phase, resource = DEPLOYMENT) =>
    matchConditionsFor([aboutProgram(PROMETHEUS, { phase, resource })]).map(({ name }) => name)
  t.strictSame(names('mutate', POD), ['runs-until-stopped', 'a-policy-applies'])
  t.strictSame(names('validate'), ['spec-differs', 'a-policy-applies'])
  t.strictSame(matchConditionsFor([]), [], 'an entry that nothing leads to has none')
})
