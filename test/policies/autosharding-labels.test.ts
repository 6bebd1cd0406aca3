import t from 'tap'
import { warningsOf } from '../../src/admission/messages.ts'
import { decisionFor } from '../../src/core/decide.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import policy, { HASH_ANNOTATION } from '../../src/policies/autosharding-labels.ts'
import { container, statefulSet } from '../fixtures/objects.ts'
import { shards } from '../fixtures/prometheus.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, enforced } from '../helpers/configured.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const LABELS = 'metadata.labels'
const HASH = '/spec/template/metadata/annotations'
const before = shards({ labels: { team: 'a', chart: '1' } })
const after = shards({ labels: { team: 'b', chart: '1' } })
const restart = { onChange: 'restart' } as const

/** The hash of `after`'s labels: any other text would restart the Pods of everyone who has it. */
const HASHED = 'e869d94576f3c664'

function hashed(object: JsonObject, hash: string): JsonObject {
  const spec = object.spec as { template: { metadata: object } }
  const metadata = { ...spec.template.metadata, annotations: { [HASH_ANNOTATION]: hash } }
  return { ...object, spec: { ...spec, template: { ...spec.template, metadata } } }
}

function strategy(updateStrategy: JsonObject, labels: Record<string, string>): JsonObject {
  return shards({ labels, spec: { updateStrategy } })
}

testPolicy(policy, {
  accepted: [
    {
      name: 'labels that look like quantities, on the template too',
      oldObject: shards({ labels: { v: '2.1' }, template: { metadata: { labels: { v: '2.1' } } } }),
      object: shards({ labels: { v: '2.10' }, template: { metadata: { labels: { v: '2.10' } } } })
    },
    { name: 'no label changes', oldObject: before, object: before },
    {
      name: 'a label more, which does no harm',
      oldObject: before,
      object: shards({ labels: { team: 'a', chart: '1', more: 'x' } })
    },
    { name: 'labels where there were none', oldObject: shards(), object: after },
    {
      name: 'a version without the fault',
      oldObject: shards({ tag: 'v2.13.0', labels: { team: 'a' } }),
      object: shards({ tag: 'v2.13.0', labels: { team: 'b' } })
    },
    {
      name: 'a version from before sharding',
      oldObject: shards({ tag: 'v1.7.2', labels: { team: 'a' } }),
      object: shards({ tag: 'v1.7.2', labels: { team: 'b' } })
    },
    {
      name: 'an upgrade to a version without it',
      oldObject: before,
      object: shards({ tag: 'v2.13.0', labels: { team: 'b' } })
    },
    {
      name: 'Pods that restart anyway',
      oldObject: before,
      object: shards({ labels: { team: 'b' }, template: { metadata: { labels: { app: 'ksm', chart: '2' } } } })
    },
    {
      name: 'no sharding',
      oldObject: shards({ labels: { team: 'a' }, args: ['--port=8080'] }),
      object: shards({ labels: { team: 'b' }, args: ['--port=8080'] })
    },
    {
      name: 'shards by hand',
      oldObject: shards({ labels: { team: 'a' }, args: ['--shard=1', '--total-shards=2'] }),
      object: shards({ labels: { team: 'b' }, args: ['--shard=1', '--total-shards=2'] })
    },
    {
      name: 'another program',
      oldObject: statefulSet({ labels: { team: 'a' } }),
      object: statefulSet({ labels: { team: 'b' } })
    },
    { name: 'a hash that is kept', options: restart, oldObject: hashed(after, HASHED), object: hashed(after, HASHED) },
    { name: 'a hash that is dropped on purpose', oldObject: hashed(after, HASHED), object: after }
  ],
  advised: [
    {
      name: 'a changed label',
      oldObject: before,
      object: after,
      finds: [
        {
          field: LABELS,
          problem: /before 2\.13 stops following.*: team "a" → "b"$/,
          remediation: /upgrade kube-state-metrics to 2\.13.*"kubectl rollout restart statefulset ksm -n monitoring"/
        }
      ]
    },
    {
      name: 'a label that goes away',
      oldObject: before,
      object: shards({ labels: { team: 'a' } }),
      finds: [{ field: LABELS, problem: /chart "1" → none/ }]
    },
    {
      name: 'the last version with the fault, in two words',
      oldObject: shards({ labels: { a: '1' }, args: ['--pod', 'x', '--pod-namespace', 'y'] }),
      object: shards({ labels: { a: '2' }, args: ['--pod', 'x', '--pod-namespace', 'y'] }),
      finds: [{ field: LABELS }]
    },
    {
      name: 'a digest, whose version nobody knows, even with restart',
      options: restart,
      oldObject: shards({ tag: '@sha256:0', labels: { a: '1' } }),
      object: shards({ tag: '@sha256:0', labels: { a: '2' } }),
      finds: [{ field: LABELS }]
    },
    {
      name: 'Pods that wait to be deleted do not restart, whatever the template says',
      options: restart,
      oldObject: strategy({ type: 'OnDelete' }, { a: '1' }),
      object: shards({
        labels: { a: '2' },
        template: { metadata: { labels: { app: 'other' } } },
        spec: { updateStrategy: { type: 'OnDelete' } }
      }),
      finds: [{ field: LABELS }]
    },
    {
      name: 'a partition keeps some of them',
      options: restart,
      oldObject: strategy({ type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, { a: '1' }),
      object: strategy({ type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, { a: '2' }),
      finds: [{ field: LABELS }]
    },
    {
      name: 'a hundred labels: the first ones are named',
      oldObject: shards({ labels: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'a'])) }),
      object: shards(),
      finds: [{ field: LABELS, problem: /k15 "a" → none and 84 more$/ }]
    }
  ],
  refused: [
    {
      name: 'a changed label, with reject',
      options: { onChange: 'reject' },
      oldObject: before,
      object: after,
      finds: [{ field: LABELS, problem: /team "a" → "b"/ }]
    }
  ],
  fixed: [
    {
      name: 'a changed label, with restart',
      options: restart,
      oldObject: before,
      object: after,
      patch: [{ op: 'add', path: HASH, value: { [HASH_ANNOTATION]: HASHED } }],
      does: /^restarts the Pods of kube-state-metrics once, because labels change: team "a" → "b"$/
    },
    {
      name: 'a hash that a client dropped',
      options: restart,
      oldObject: hashed(after, HASHED),
      object: after,
      patch: [{ op: 'add', path: HASH, value: { [HASH_ANNOTATION]: HASHED } }],
      does: /^keeps the annotation/
    },
    {
      name: 'a hash that was dropped together with a label that changed',
      options: restart,
      oldObject: hashed(before, 'older'),
      object: after,
      patch: [{ op: 'add', path: HASH, value: { [HASH_ANNOTATION]: HASHED } }],
      does: /^restarts the Pods/
    },
    {
      name: 'another hash, beside other annotations',
      options: restart,
      oldObject: hashed(before, 'older'),
      object: hashed(after, 'older'),
      patch: [{ op: 'replace', path: `${HASH}/holdfast.dev~1autosharding-labels`, value: HASHED }],
      does: /^restarts the Pods/
    }
  ]
})

t.test('the Pods restart once and only once', async (t) => {
  const configured = enforced(policy as never, restart)
  const update = (oldObject: JsonObject, object: JsonObject): ReturnType<typeof decisionFor> =>
    decisionFor(subjectOf(object, oldObject, ['mutate']), [configured], context())
  const first = update(before, after)
  t.equal(first.operations.length, 1, 'the label changes')
  const stored = first.object
  t.strictSame(update(stored, stored).operations, [], 'a client that sends what it read')
  const again = update(stored, after)
  t.strictSame(again.object, stored, 'a client that sends what it has in Git: nothing changes')
  const other = statefulSet({ spec: { template: { spec: { containers: [container('x', 'y')] } } } })
  t.strictSame(update(stored, other).operations, [], 'another program in its place needs no hash')
})

t.test('what is pasted into a shell', async (t) => {
  const table: readonly (readonly [string, string, string])[] = [
    ['ksm', 'monitoring', '"kubectl rollout restart statefulset ksm -n monitoring"'],
    ['ksm', '', '"kubectl rollout restart statefulset ksm"'],
    ['ksm; rm -rf ~', 'monitoring', '"kubectl rollout restart statefulset NAME -n monitoring"'],
    ['ksm', 'a b" $(reboot)', '"kubectl rollout restart statefulset ksm -n NAMESPACE"'],
    ['ksm\nreboot', '', '"kubectl rollout restart statefulset NAME"']
  ]
  for (const [name, namespace, command] of table) {
    const subject = { ...subjectOf(after, before, ['mutate']), name, namespace }
    const { verdicts } = decisionFor(subject, [enforced(policy as never)], context())
    t.match(warningsOf(verdicts).join('\n'), `or run ${command} after the change`, JSON.stringify([name, namespace]))
  }
})
