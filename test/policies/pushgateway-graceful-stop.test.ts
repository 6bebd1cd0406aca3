import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/pushgateway-graceful-stop.ts'
import { container, pod, pushgateway } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const modern = { version: { major: 1, minor: 36 } }
const old = { version: { major: 1, minor: 29 } }

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

function sleeping(seconds: number): JsonObject {
  return { sleep: { seconds } }
}

function added(index: number, seconds: number): { op: 'add'; path: string; value: unknown } {
  return { op: 'add', path: `/spec/containers/${index}/lifecycle`, value: { preStop: sleeping(seconds) } }
}

function raised(value: number): { op: 'replace'; path: string; value: unknown } {
  return { op: 'replace', path: '/spec/terminationGracePeriodSeconds', value }
}

function stopping(preStop: unknown, parts: JsonObject = {}): JsonObject {
  return pushgateway({ lifecycle: { preStop }, ...parts })
}

const LABELS = { 'app.kubernetes.io/name': 'prometheus-pushgateway', app: 'pushgateway' }

testPolicy(policy, {
  accepted: [
    {
      name: 'Prometheus under a path of that name',
      object: pod({
        containers: [container('p', 'prom/prometheus:v3', { args: ['--web.route-prefix', '/pushgateway'] })]
      })
    },
    {
      name: 'a proxy in front of it',
      object: pod({
        containers: [
          container('p', 'oauth2-proxy:v7', { command: ['/bin/oauth2-proxy', '--proxy-prefix', '/pushgateway'] })
        ]
      })
    },
    {
      name: 'a backup of it',
      object: pod({ containers: [container('c', 'cron', { command: ['crond', '-c', '/backup/pushgateway'] })] })
    },
    {
      name: 'an argument to the program of an image',
      object: pod({ containers: [container('b', 'busybox', { args: ['pushgateway'] })] })
    },
    {
      name: 'its own preStop that no one can read fast enough',
      object: pod({ containers: [stopping({ exec: { command: ['sh', '-c', ';/'.repeat(200_000)] } })] })
    },
    {
      name: 'a grace period too large to count with',
      cluster: modern,
      options: { profile: 'heavy' },
      object: pod({ grace: 2 ** 63, containers: [stopping(sleeping(20))] })
    },
    { name: 'nginx', object: pod({ containers: [container('nginx', 'nginx:1.29')] }) },
    {
      name: 'nginx with the labels of Pushgateway',
      object: pod({ labels: LABELS, containers: [container('nginx', 'nginx:1.29')] })
    },
    {
      name: 'a cleaner',
      object: pod({ labels: LABELS, containers: [container('cleaner', 'example.org/pushgateway-cleaner:1')] })
    },
    {
      name: 'kube-rbac-proxy on the port of Pushgateway',
      object: pod({
        containers: [
          container('kube-rbac-proxy', 'quay.io/brancz/kube-rbac-proxy:v0.20.0', { ports: [{ containerPort: 9091 }] })
        ]
      })
    },
    {
      name: 'an aggregation gateway',
      object: pod({ containers: [container('gw', 'ghcr.io/zapier/prom-aggregation-gateway:v0.9.0')] })
    },
    {
      name: 'a client that names the gateway in its arguments',
      object: pod({
        containers: [container('c', 'curl:8', { args: ['http://pushgateway', 'pushgateway', './pushgateway'] })]
      })
    },
    { name: 'a Job', object: pod({ owner: { apiVersion: 'batch/v1', kind: 'Job', name: 'j' } }) },
    { name: 'a Pod that is not started again', object: pod({ restartPolicy: 'Never' }) },
    { name: 'a Pod that is started again on failure', object: pod({ restartPolicy: 'OnFailure' }) },
    { name: 'the mirror of a static Pod', object: pod({ annotations: { 'kubernetes.io/config.mirror': 'x' } }) },
    { name: 'its own native preStop, with time for it', object: pod({ containers: [stopping(sleeping(15))] }) },
    {
      name: 'its own preStop of unknown length',
      object: pod({ containers: [stopping({ exec: { command: ['/drain.sh'] } })] })
    },
    {
      name: 'a probe that gives it time enough',
      object: pod({ containers: [stopping(sleeping(15), { livenessProbe: { terminationGracePeriodSeconds: 30 } })] })
    },
    {
      name: 'a probe beside a preStop of unknown length',
      object: pod({
        containers: [stopping({ httpGet: {} }, { livenessProbe: { terminationGracePeriodSeconds: 1 } })]
      })
    },
    {
      name: 'a probe that says nothing of it',
      object: pod({ containers: [stopping(sleeping(15), { livenessProbe: { httpGet: {} }, startupProbe: null })] })
    },
    {
      name: 'its own preStop over HTTP',
      object: pod({ containers: [stopping({ httpGet: { path: '/', port: 9091 } })] })
    },
    { name: 'an empty preStop, which the API server refuses by itself', object: pod({ containers: [stopping({})] }) },
    { name: 'a lifecycle that is no map', object: pod({ containers: [pushgateway({ lifecycle: 'x' })] }) },
    { name: 'containers that are null', object: pod({ containers: null }) },
    { name: 'containers that are a text', object: pod({ containers: 'pushgateway' }) },
    { name: 'containers that are no containers', object: pod({ containers: [null, 'pushgateway', 7, []] }) },
    { name: 'an init container only', object: { ...pod(), spec: { containers: [], initContainers: [pushgateway()] } } },
    { name: 'an image that is not text', object: pod({ containers: [{ name: 'x', image: { pushgateway: true } }] }) },
    { name: 'an image yet to be filled in', object: pod({ containers: [container('app', ' ')] }) }
  ],
  advised: [
    ...['livenessProbe', 'startupProbe'].map((probe) => ({
      name: `a ${probe} that gives it less time than it needs`,
      object: pod({ containers: [stopping(sleeping(15), { [probe]: { terminationGracePeriodSeconds: 29 } })] }),
      finds: [
        {
          field: `spec.containers[0].${probe}.terminationGracePeriodSeconds`,
          problem: /gives it 29 s to stop, and its preStop and 15 s to exit take 30 s$/,
          remediation: /^leave it out/
        }
      ]
    })),
    {
      name: 'a probe that gives less time than the preStop that is added needs',
      cluster: modern,
      object: pod({ containers: [pushgateway({ livenessProbe: { terminationGracePeriodSeconds: 10 } })] }),
      finds: [{ field: 'spec.containers[0].livenessProbe.terminationGracePeriodSeconds', problem: /take 30 s$/ }]
    },
    {
      name: 'its own preStop that takes days',
      object: pod({ containers: [stopping({ exec: { command: ['sleep', '9d'] } })] }),
      finds: [
        { field: 'spec.containers[0].lifecycle.preStop', problem: /takes 777600 s, and the grace period is not raised/ }
      ]
    },
    {
      name: 'no version and no sleep in the image',
      object: pod({ containers: [pushgateway({ image: `quay.io/prometheus/pushgateway@${digest}` })] }),
      finds: [
        {
          field: 'spec.containers[0].lifecycle.preStop',
          problem: /unknown version/,
          remediation: /--kubernetes-version/
        }
      ]
    },
    {
      name: 'an old API server and a distroless image',
      cluster: old,
      object: pod({ containers: [pushgateway({ image: 'quay.io/prometheus/pushgateway:v1.12.0-distroless' })] }),
      finds: [{ field: 'spec.containers[0].lifecycle.preStop', problem: /Kubernetes 1\.29/ }]
    },
    {
      name: 'a grace period of nothing',
      cluster: modern,
      object: pod({ grace: 0 }),
      finds: [{ field: 'spec.terminationGracePeriodSeconds', problem: /0 s runs no preStop/ }]
    },
    {
      name: 'a grace period below nothing',
      cluster: modern,
      object: pod({ grace: -1 }),
      finds: [{ field: 'spec.terminationGracePeriodSeconds' }]
    },
    {
      name: 'annotations that mean nothing',
      cluster: modern,
      object: pod({
        annotations: { 'holdfast.dev/drain-profile': 'constructor', 'holdfast.dev/drain-seconds': '90 minutes' },
        containers: [stopping(sleeping(10))]
      }),
      finds: [
        {
          field: 'metadata.annotations[holdfast.dev/drain-profile]',
          problem: /^annotation holdfast.dev\/drain-profile says "constructor" and is ignored/,
          remediation: /light, standard, heavy/
        },
        { field: 'metadata.annotations[holdfast.dev/drain-seconds]', remediation: /1 to 3600/ }
      ]
    },
    {
      name: 'a drain longer than an hour',
      cluster: modern,
      object: pod({ annotations: { 'holdfast.dev/drain-seconds': '3601' }, containers: [stopping(sleeping(10))] }),
      finds: [{ field: 'metadata.annotations[holdfast.dev/drain-seconds]' }]
    }
  ],
  fixed: [
    {
      name: 'the chart as it is',
      cluster: modern,
      object: pod(),
      patch: [added(0, 15)],
      does: /^adds a preStop of 15 s to container "pushgateway"$/
    },
    {
      name: 'Kubernetes 1.30, the first with sleep',
      cluster: { version: { major: 1, minor: 30 } },
      object: pod(),
      patch: [added(0, 15)],
      does: /15 s/
    },
    {
      name: 'Kubernetes 1.29, whose sleep is off',
      cluster: old,
      object: pod(),
      patch: [
        {
          op: 'add',
          path: '/spec/containers/0/lifecycle',
          value: { preStop: { exec: { command: ['/bin/sleep', '15'] } } }
        }
      ],
      does: /15 s/
    },
    {
      name: 'a version that nobody asked for',
      object: pod({ containers: [pushgateway({ image: 'docker.io/bitnami/pushgateway:1.11.1' })] }),
      patch: [
        {
          op: 'add',
          path: '/spec/containers/0/lifecycle',
          value: { preStop: { exec: { command: ['/bin/sleep', '15'] } } }
        }
      ],
      does: /15 s/
    },
    {
      name: 'the second container, with postStart, by digest through a registry with a port',
      cluster: modern,
      object: pod({
        containers: [
          container('proxy', 'quay.io/oauth2-proxy/oauth2-proxy:v7'),
          pushgateway({
            image: `registry.example:5000/mirror/pushgateway@${digest}`,
            lifecycle: { postStart: { exec: { command: ['true'] } } }
          })
        ]
      }),
      patch: [{ op: 'add', path: '/spec/containers/1/lifecycle/preStop', value: sleeping(15) }],
      does: /container "pushgateway"/
    },
    {
      name: 'behind items that are no containers',
      cluster: modern,
      object: pod({ containers: [null, pushgateway()] }),
      patch: [added(1, 15)],
      does: /15 s/
    },
    {
      name: 'a lifecycle that is null',
      cluster: modern,
      object: pod({ containers: [pushgateway({ lifecycle: null })] }),
      patch: [added(0, 15)],
      does: /15 s/
    },
    {
      name: 'a preStop that is null',
      cluster: modern,
      object: pod({ containers: [stopping(null)] }),
      patch: [{ op: 'replace', path: '/spec/containers/0/lifecycle/preStop', value: sleeping(15) }],
      does: /15 s/
    },
    {
      name: 'by command',
      cluster: modern,
      object: pod({ containers: [container('gw', 'example.org/metrics-gw:1', { command: ['/bin/pushgateway'] })] }),
      patch: [added(0, 15)],
      does: /"gw"/
    },
    {
      name: 'by command behind an init',
      cluster: modern,
      object: pod({
        containers: [
          container('gw', 'example.org/gw:1', {
            command: ['/sbin/tini', '--'],
            args: ['/opt/pushgateway', '--web.enable-lifecycle']
          })
        ]
      }),
      patch: [added(0, 15)],
      does: /"gw"/
    },
    {
      name: 'by a script that starts it',
      cluster: modern,
      object: pod({
        containers: [container('gw', 'example.org/gw:1', { command: ['/bin/sh', '-c', 'exec /bin/pushgateway --x'] })]
      }),
      patch: [added(0, 15)],
      does: /"gw"/
    },
    {
      name: 'by its path in the arguments',
      cluster: modern,
      object: pod({ containers: [container('gw', 'example.org/gw:1', { args: ['/bin/pushgateway'] })] }),
      patch: [added(0, 15)],
      does: /"gw"/
    },
    {
      name: 'by name and port',
      cluster: modern,
      object: pod({
        containers: [
          container('prometheus-pushgateway', 'example.org/gw:1', { ports: [null, { containerPort: 9091 }] })
        ]
      }),
      patch: [added(0, 15)],
      does: /15 s/
    },
    {
      name: 'without restart policy, as a file may have it',
      cluster: modern,
      object: { kind: 'Pod', apiVersion: 'v1', spec: { containers: [pushgateway()] } },
      patch: [added(0, 15)],
      does: /15 s/
    },
    {
      name: 'a profile, with the grace period that it needs',
      cluster: modern,
      options: { profile: 'heavy' },
      object: pod(),
      patch: [added(0, 60), raised(75)],
      does: /adds a preStop of 60 s .* and raises terminationGracePeriodSeconds from 30 to 75 \(preStop 60 s and 15 s to exit\)/
    },
    {
      name: 'a longer margin',
      cluster: modern,
      options: { marginSeconds: 30 },
      object: pod(),
      patch: [added(0, 15), raised(45)],
      does: /to 45/
    },
    {
      name: 'a grace period that is long enough is never lowered',
      cluster: modern,
      options: { profile: 'heavy' },
      object: pod({ grace: 600 }),
      patch: [added(0, 60)],
      does: /60 s/
    },
    {
      name: 'the profile of the Pod wins over the configuration',
      cluster: modern,
      options: { profile: 'heavy' },
      object: pod({ annotations: { 'holdfast.dev/drain-profile': 'standard' } }),
      patch: [added(0, 30), raised(45)],
      does: /30 s/
    },
    {
      name: 'the seconds of the Pod win over its profile',
      cluster: modern,
      object: pod({ annotations: { 'holdfast.dev/drain-profile': 'standard', 'holdfast.dev/drain-seconds': '7' } }),
      patch: [added(0, 7)],
      does: /7 s/
    },
    {
      name: 'its own sleep in a shell, as long as the grace period',
      object: pod({ containers: [stopping({ exec: { command: ['/bin/sh', '-c', 'sleep 30'] } })] }),
      patch: [raised(45)],
      does: /^raises terminationGracePeriodSeconds from 30 to 45/
    },
    {
      name: 'its own sleeps, one after the other',
      object: pod({
        containers: [stopping({ exec: { command: ['sh', '-c', 'sleep 10; wget -q localhost; /bin/sleep 0.5m'] } })]
      }),
      patch: [raised(55)],
      does: /to 55/
    },
    {
      name: 'its own native sleep',
      object: pod({ containers: [stopping(sleeping(20))] }),
      patch: [raised(35)],
      does: /to 35/
    },
    {
      name: 'two of them in one Pod: the longer one counts',
      cluster: modern,
      object: pod({ containers: [stopping(sleeping(40)), pushgateway({ name: 'second' })] }),
      patch: [added(1, 15), raised(55)],
      does: /"second" and raises .* to 55/
    },
    {
      name: 'one that can be helped beside one that cannot',
      object: pod({
        containers: [pushgateway(), pushgateway({ name: 'bare', image: 'cgr.dev/chainguard/pushgateway:latest' })]
      }),
      patch: [
        {
          op: 'add',
          path: '/spec/containers/0/lifecycle',
          value: { preStop: { exec: { command: ['/bin/sleep', '15'] } } }
        }
      ],
      does: /container "pushgateway"/
    }
  ]
})

t.test('what to set so that no repair is needed', async (t) => {
  const { sleep, exec, grace } = {
    sleep: 'lifecycle.preStop.sleep.seconds: 30 (a value of the chart since prometheus-pushgateway 2.16.0)',
    exec: 'lifecycle.preStop.exec.command: ["/bin/sleep","30"] (a value of the chart since prometheus-pushgateway 2.16.0)',
    grace: 'terminationGracePeriodSeconds: 45 (a field of the Pod, for which the chart has no value)'
  }
  const table: readonly (readonly [JsonObject, typeof modern, string])[] = [
    [pod({ grace: 45 }), modern, `set ${sleep}`],
    [pod({ grace: 45 }), old, `set ${exec}`],
    [pod(), modern, `set ${sleep} and ${grace}`],
    [pod({ containers: [stopping(sleeping(30))] }), modern, `set ${grace}`]
  ]
  for (const [object, cluster, expected] of table) {
    const [finding] = [
      ...policy.check(subjectOf(object, undefined, ['mutate']), {
        options: { profile: 'standard', marginSeconds: 15 },
        cluster
      })
    ]
    t.equal(finding?.remediation, expected)
  }
})
