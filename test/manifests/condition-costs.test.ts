// What the conditions cost the API server, in steps of our evaluator. npm run bench -- --layer conditions measures CPU.
import t from 'tap'
import type { Subject } from '../../src/core/subject.ts'
import { claimTemplate, container } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { stepsOf } from '../helpers/cel.ts'
import { conditionsOf, isMet } from './called.ts'
import { MUTATE_POD, MUTATE_SET, NGINX, OPERATE, operated, PROMETHEUS, VALIDATE, workload } from './conditions.ts'

const PUSHGATEWAY = container('main', 'quay.io/prometheus/pushgateway:v1.11.3')
const SIDECARS = ['one', 'two', 'three', 'four'].map((name) => container(name, `registry.example/${name}:1`))

const set = (size: string, replicas: number) =>
  workload('StatefulSet', [PROMETHEUS], { spec: { replicas, volumeClaimTemplates: [claimTemplate({ size })] } })

/**
 * At the most this many steps for each condition of the entry, in their order. A condition that is told more may cost more:
 * raise the number, and say in the commit what it buys.
 */
const CEILINGS: readonly (readonly [entry: string, what: string, subject: Subject, most: readonly number[]])[] = [
  [MUTATE_POD, 'matched', subjectOf(workload('Pod', [PUSHGATEWAY]), undefined), [2, 18]],
  [MUTATE_POD, 'unmatched', subjectOf(workload('Pod', [NGINX]), undefined), [2, 24]],
  [MUTATE_POD, 'unmatched, five containers', subjectOf(workload('Pod', [NGINX, ...SIDECARS]), undefined), [2, 80]],
  [MUTATE_SET, 'matched', subjectOf(set('4Gi', 1), set('2Gi', 1)), [20]],
  [MUTATE_SET, 'scaled', subjectOf(set('2Gi', 2), set('2Gi', 1)), [75]],
  [VALIDATE, 'matched', subjectOf(set('2Gi', 1), undefined), [1, 3, 48]],
  [VALIDATE, 'unmatched', subjectOf(workload('Deployment', [NGINX]), undefined), [1, 3, 42]],
  [VALIDATE, 'unchanged', subjectOf(set('2Gi', 1), set('2Gi', 1)), [34, 3, 38]],
  [OPERATE, 'matched', subjectOf(operated('Prometheus', { replicas: 2 }), undefined), [2]]
]

t.test('no condition costs more than it did', async (t) => {
  for (const [entry, what, subject, most] of CEILINGS) {
    const steps = conditionsOf(entry).map((condition) => stepsOf(() => isMet(condition, subject)))
    t.equal(steps.length, most.length, `${entry}, ${what}: a ceiling for each condition`)
    for (const [index, ceiling] of most.entries()) {
      const { name } = conditionsOf(entry)[index] as { name: string }
      t.ok((steps[index] as number) <= ceiling, `${entry}, ${what}, ${name}: ${steps[index]} of ${ceiling}`)
    }
  }
})
