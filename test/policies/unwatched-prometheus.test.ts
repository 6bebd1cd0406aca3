import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/unwatched-prometheus.ts'
import { CONFIGURED, object, operated, pair, prometheus, thanos } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const OF_SHOP = alerting('ShopIsSlow', 'histogram_quantile(0.9, sum by (le) (rate(shop_seconds_bucket[5m]))) > 1')

function alerting(alert: string, expr: string): JsonObject {
  return { alert, expr }
}

/** A ConfigMap with the configuration and a file of rules. JSON is YAML. */
function configured(rules: readonly JsonObject[], config: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const data = {
    'prometheus.yml': JSON.stringify({ rule_files: ['/etc/config/rules*.yml', 'none.yml'], ...config }),
    'rules-shop.yml': JSON.stringify({ groups: [{ name: 'shop', rules }, { name: 'empty' }] }),
    ...more
  }
  return object('v1', 'ConfigMap', 'prometheus-config', { data })
}

const SERVER = prometheus({ ...CONFIGURED, volumes: [...CONFIGURED.volumes, claim()] })

function claim(): JsonObject {
  return { name: 'storage', persistentVolumeClaim: { claimName: 'prometheus-data' } }
}

function withFlag(flag: string): JsonObject {
  return prometheus({ ...CONFIGURED, args: [`--config.file=${flag}`, '--storage.tsdb.path=/data'] })
}

const WATCHING: readonly (readonly [alert: string, expr: string])[] = [
  ['PrometheusBadConfig', 'max_over_time(prometheus_config_last_reload_successful[5m]) == 0'],
  ['Errors', 'job:prometheus_notifications_errors:rate5m > 0'],
  ['TargetDown', 'up == 0'],
  ['Gone', 'absent(up{job="self"})'],
  ['Always', 'vector(1)'],
  ['AlwaysAsNumber', '1 == 1'],
  ['DeadMansSwitch', 'shop_open'],
  ['KubePodCrashLooping', 'max_over_time(kube_pod_container_status_waiting_reason[5m]) >= 1'],
  ['OutOfMemory', 'container_memory_working_set_bytes / container_spec_memory_limit_bytes > 0.9'],
  ['VolumeFull', 'kubelet_volume_stats_available_bytes < 1e9']
]

const FOUND = {
  object: 'ConfigMap prometheus-config',
  field: 'data[prometheus.yml]',
  outcome: 'audited',
  problem: /^Deployment prometheus has 1 alerting rule, and none watches Prometheus itself: /
} as const

testSetPolicy(policy, {
  silent: [
    ...WATCHING.map(([alert, expr]) => ({
      name: `a rule that watches: ${alert}`,
      objects: [SERVER, configured([OF_SHOP, alerting(alert, expr)])]
    })),
    {
      name: 'a recording rule that a name stands for',
      objects: [SERVER, configured([alerting('Bad', 'errors > 0'), { record: 'errors', expr: 'prometheus_x' }])]
    },
    { name: 'no alert at all', objects: [SERVER, configured([{ record: 'a', expr: 'sum(b)' }])] },
    { name: 'no rules', objects: [SERVER, configured([], { rule_files: undefined })] },
    {
      name: 'a file that is not in the ConfigMap',
      objects: [SERVER, configured([OF_SHOP], { rule_files: ['rules-shop.yml', '/etc/rules/*.yml'] })]
    },
    {
      name: 'a pattern that is more than a star',
      objects: [SERVER, configured([OF_SHOP], { rule_files: ['rules-shop.yml', 'watch-[a-z]*.yml'] })]
    },
    { name: 'a file that is no YAML', objects: [SERVER, configured([OF_SHOP], {}, { 'rules.yml': '"' })] },
    {
      name: 'a directory below',
      objects: [SERVER, configured([OF_SHOP], { rule_files: ['rules-shop.yml', '*/watch.yml'] })]
    },
    ...[{ emptyDir: {} }, { configMap: { name: 'prometheus-config', items: [{ key: 'a', path: 'b' }] } }].map(
      (source) => ({
        name: `rules of ${Object.keys(source)}, where nobody can tell which they are`,
        objects: [
          prometheus({
            ...CONFIGURED,
            mounts: [...CONFIGURED.mounts, { name: 'rules', mountPath: '/etc/rules' }],
            volumes: [...CONFIGURED.volumes, { name: 'rules', ...source }]
          }),
          configured([OF_SHOP], { rule_files: ['rules-shop.yml', '/etc/rules/*'] })
        ]
      })
    ),
    {
      name: 'files that are mounted one by one',
      objects: [
        prometheus({
          ...CONFIGURED,
          mounts: [...CONFIGURED.mounts, { name: 'more', mountPath: '/etc/config/rules-b.yml', subPath: 'b' }]
        }),
        configured([OF_SHOP])
      ]
    },
    {
      name: 'a configuration that is elsewhere',
      objects: [withFlag('/etc/other/prometheus.yml'), configured([OF_SHOP])]
    },
    {
      name: 'a configuration in a Secret',
      objects: [
        prometheus({ ...CONFIGURED, volumes: [{ name: 'config', secret: { secretName: 'prometheus-config' } }] }),
        configured([OF_SHOP])
      ]
    },
    {
      name: 'rules that may be evaluated where it writes to',
      objects: [SERVER, configured([OF_SHOP], { remote_write: [{ url: 'http://mimir/api/v1/push' }] })]
    },
    {
      name: 'a sidecar of Thanos, whose ruler may be anywhere',
      objects: [
        prometheus({
          ...CONFIGURED,
          pod: {
            containers: [
              ...containersIn(SERVER),
              { name: 'thanos', image: 'quay.io/thanos/thanos:v0.39.2', args: ['sidecar'] }
            ]
          }
        }),
        configured([OF_SHOP])
      ]
    },
    { name: 'a ruler of Thanos', objects: [SERVER, configured([OF_SHOP]), thanos('rule')] },
    { name: 'a Prometheus of prometheus-operator beside it', objects: [SERVER, configured([OF_SHOP]), operated()] },
    {
      name: 'prometheus-operator alone, whose rules may be in any namespace',
      objects: [operated({ ruleSelector: {} })]
    },
    {
      name: 'another Prometheus whose rules nobody can read',
      objects: [
        SERVER,
        configured([OF_SHOP]),
        prometheus({
          ...CONFIGURED,
          metadata: { name: 'meta' },
          volumes: [{ name: 'config', configMap: { name: 'meta' } }]
        }),
        object('v1', 'ConfigMap', 'meta', { data: { 'prometheus.yml': 'rule_files: [/etc/rules/*.yml]' } })
      ]
    },
    {
      name: 'another Prometheus that watches',
      objects: [
        SERVER,
        configured([OF_SHOP]),
        prometheus({
          ...CONFIGURED,
          metadata: { name: 'meta' },
          volumes: [{ name: 'config', configMap: { name: 'meta' } }]
        }),
        object('v1', 'ConfigMap', 'meta', {
          data: {
            'prometheus.yml': 'rule_files: [r.yml]',
            'r.yml': 'groups: [{ rules: [{ alert: Down, expr: up == 0 }] }]'
          }
        })
      ]
    }
  ],
  found: [
    {
      name: 'a metric whose name ends in up',
      objects: [SERVER, configured([alerting('Orders', 'backup > 0')])],
      finds: [FOUND]
    },
    {
      name: 'rules about something else only',
      objects: [SERVER, configured([OF_SHOP, { record: 'a', expr: 'sum(b)' }])],
      finds: [{ ...FOUND, involved: ['Deployment prometheus'], remediation: /dead man's switch$/ }]
    },
    {
      name: 'a file by its name, beside the configuration',
      objects: [SERVER, configured([OF_SHOP], { rule_files: ['rules-shop.yml'] })],
      finds: [FOUND]
    },
    {
      name: 'a name that only looks like one of the metrics',
      objects: [SERVER, configured([alerting('Orders', 'updates > 0 and mysql_up == 0')])],
      finds: [FOUND]
    },
    {
      name: 'two replicas',
      objects: [pair(CONFIGURED), configured([OF_SHOP])],
      finds: [{ ...FOUND, problem: /^StatefulSet prometheus has 1 alerting rule/ }]
    }
  ]
})

function containersIn(workload: JsonObject): readonly unknown[] {
  const { spec } = (workload.spec as { template: { spec: { containers: readonly unknown[] } } }).template
  return spec.containers
}
