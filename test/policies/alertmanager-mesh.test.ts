import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/alertmanager-mesh.ts'
import { CONFIGURED, config, object, operated, prometheus, running, service } from '../fixtures/sets.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

const OVER = { app: 'alertmanager' }
const CLUSTER = service('am-headless', { selector: OVER, clusterIP: 'None', ports: [{ port: 9094 }] })
const WEB = service('am', { selector: OVER, ports: [{ port: 9093 }] })
const PEERS = [0, 1, 2].map((at) => `--cluster.peer=alertmanager-${at}.am-headless:9094`)

function alertmanager(args: readonly string[] = PEERS, replicas = 3): JsonObject {
  return running('alertmanager', 'quay.io/prometheus/alertmanager:v0.28.1', args, { kind: 'StatefulSet', replicas })
}

function policyFor(ports: readonly JsonObject[] | undefined, selector: JsonObject = { matchLabels: OVER }): JsonObject {
  return object('networking.k8s.io/v1', 'NetworkPolicy', 'am', {
    spec: { podSelector: selector, policyTypes: ['Ingress'], ingress: [{ ...(ports && { ports }) }] }
  })
}

function sending(target: string): readonly JsonObject[] {
  const yaml = `alerting: { alertmanagers: [{ static_configs: [{ targets: ["${target}"] }] }] }`
  return [config(yaml), prometheus({ kind: 'StatefulSet', ...CONFIGURED })]
}

const ARGS = 'spec.template.spec.containers[0].args'
const WEB_PORT = { port: 9093, protocol: 'TCP' }
const BOTH = [
  { port: 9094, protocol: 'TCP' },
  { port: 9094, protocol: 'UDP' }
]

testSetPolicy(policy, {
  silent: [
    { name: 'the alertmanager chart with three replicas', objects: [CLUSTER, WEB, alertmanager()] },
    { name: 'one replica', objects: [WEB, alertmanager([], 1)] },
    { name: 'of the operator', objects: [WEB, operated({}, 'Alertmanager')] },
    { name: 'peers by another name', objects: [WEB, alertmanager(['--cluster.peer=am.example:9094'])] },
    {
      name: 'peers in another namespace',
      objects: [WEB, alertmanager(['--cluster.peer=alertmanager-0.am.other.svc:9094'])]
    },
    { name: 'peers by a variable', objects: [WEB, alertmanager(['--cluster.peer=alertmanager-0.$(SERVICE):9094'])] },
    { name: 'flags in a script', objects: [WEB, alertmanager(['/bin/sh', '-c', 'alertmanager'])] },
    { name: 'a NetworkPolicy with both ports', objects: [CLUSTER, alertmanager(), policyFor([WEB_PORT, ...BOTH])] },
    {
      name: 'a range of ports',
      objects: [
        CLUSTER,
        alertmanager(),
        policyFor([
          { port: 9000, endPort: 9100 },
          { port: 9094, protocol: 'UDP' }
        ])
      ]
    },
    { name: 'a NetworkPolicy without ports', objects: [CLUSTER, alertmanager(), policyFor(undefined)] },
    { name: 'two that add up', objects: [CLUSTER, alertmanager(), policyFor([WEB_PORT]), policyFor(BOTH)] },
    {
      name: 'a NetworkPolicy over others',
      objects: [CLUSTER, alertmanager(), policyFor([WEB_PORT], { matchLabels: { app: 'x' } })]
    },
    { name: 'a NetworkPolicy that closes everything', objects: [CLUSTER, alertmanager(), policyFor([{ port: 1 }])] },
    { name: 'alerts to a headless Service', objects: [CLUSTER, alertmanager(), ...sending('am-headless:9093')] },
    {
      name: 'alerts to one replica by its name',
      objects: [CLUSTER, WEB, alertmanager(), ...sending('alertmanager-0.am-headless:9093')]
    },
    { name: 'alerts to another namespace', objects: [CLUSTER, WEB, alertmanager(), ...sending('am.other.svc:9093')] },
    { name: 'alerts to the Service over one replica', objects: [WEB, alertmanager([], 1), ...sending('am:9093')] }
  ],
  found: [
    {
      name: 'no peers',
      objects: [WEB, alertmanager([])],
      finds: [
        {
          object: 'StatefulSet alertmanager',
          field: ARGS,
          problem: /each sends every notification/,
          remediation: /--cluster.peer=alertmanager-N/
        }
      ]
    },
    {
      name: 'the mesh is off',
      objects: [CLUSTER, alertmanager([...PEERS, '--cluster.listen-address='])],
      finds: [{ object: 'StatefulSet alertmanager', field: ARGS, problem: /^--cluster.listen-address is empty/ }]
    },
    {
      name: 'no Service of that name',
      objects: [WEB, alertmanager()],
      finds: [
        {
          object: 'StatefulSet alertmanager',
          field: ARGS,
          problem: /Service am-headless, and there is no such Service/
        }
      ]
    },
    {
      name: 'a Service that is not headless',
      objects: [service('am-headless', { selector: OVER }), alertmanager()],
      finds: [{ object: 'Service am-headless', field: 'spec.clusterIP', involved: ['StatefulSet alertmanager'] }]
    },
    {
      name: 'a Service over other Pods',
      objects: [service('am-headless', { clusterIP: 'None' }), alertmanager()],
      finds: [{ object: 'Service am-headless', field: 'spec.selector', involved: ['StatefulSet alertmanager'] }]
    },
    {
      name: 'a NetworkPolicy without the port',
      objects: [CLUSTER, alertmanager(), policyFor([WEB_PORT])],
      finds: [{ object: 'NetworkPolicy am', field: 'spec.ingress', problem: /^port 9094 .* blocked for TCP and UDP/ }]
    },
    {
      name: 'a NetworkPolicy with one of the two protocols',
      objects: [CLUSTER, alertmanager(), policyFor([WEB_PORT, { port: 9094 }])],
      finds: [{ object: 'NetworkPolicy am', field: 'spec.ingress', problem: /blocked for UDP/ }]
    },
    {
      name: 'alerts to a Service over all of them',
      objects: [CLUSTER, WEB, alertmanager(), ...sending('am.monitoring.svc:9093')],
      finds: [
        {
          object: 'ConfigMap prometheus-config',
          field: 'data[prometheus.yml]',
          outcome: 'warned',
          involved: ['Service am', 'StatefulSet alertmanager']
        }
      ]
    }
  ]
})
