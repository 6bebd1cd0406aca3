import type { JsonObject } from '../../src/core/values/json.ts'
import policy from '../../src/policies/alertmanager-storage.ts'
import { claimTemplate } from '../fixtures/objects.ts'
import { alertmanager, alertmanagerObject, claimVolume, OPERATED, prometheusObject } from '../fixtures/prometheus.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

const MOUNTS = 'spec.template.spec.containers[1].volumeMounts'
const emptyDir = [{ name: 'storage', emptyDir: {} }]

testPolicy(policy, {
  accepted: [
    { name: 'a PVC', object: alertmanager() },
    {
      name: 'a PVC for each replica',
      object: alertmanager({ kind: 'StatefulSet', replicas: 3, templates: [claimTemplate({ name: 'storage' })] })
    },
    {
      name: 'a directory for each replica',
      object: alertmanager({
        replicas: 3,
        mounts: [{ name: 'storage', mountPath: '/data', subPathExpr: '$(POD_NAME)' }]
      })
    },
    {
      name: 'a volume of another kind',
      object: alertmanager({ volumes: [{ name: 'storage', hostPath: { path: '/srv' } }] })
    },
    {
      name: "Bitnami's own directory",
      object: alertmanager({ image: 'docker.io/bitnami/alertmanager:0.33', args: undefined })
    },
    {
      name: 'a path that only kubelet knows',
      object: alertmanager({ args: ['--storage.path=$(DATA)'], volumes: emptyDir })
    },
    {
      name: 'a script',
      object: alertmanager({ container: { command: ['sh', '-c', 'exec alertmanager'] }, volumes: emptyDir })
    },
    { name: 'amtool', object: alertmanager({ container: { command: ['amtool', 'check-config'] }, volumes: emptyDir }) },
    {
      name: 'what has a longer name',
      object: alertmanager({ image: 'x/alertmanager-snmp-notifier', volumes: emptyDir })
    },
    { name: 'what prometheus-operator made', object: alertmanager({ volumes: emptyDir, metadata: OPERATED }) },
    { name: 'an object of prometheus-operator', object: alertmanagerObject({ replicas: 3 }) },
    { name: 'another of its objects', object: prometheusObject({ storage: undefined }) }
  ],
  refused: [
    {
      name: 'an emptyDir',
      object: alertmanager({ volumes: emptyDir }),
      finds: [
        {
          field: MOUNTS,
          problem:
            /of container "alertmanager" at "\/data" are in an emptyDir: a new Pod repeats notifications and ignores silences$/,
          remediation: /^run it as a StatefulSet .*\(persistence\.enabled: true in the alertmanager chart\)$/
        }
      ]
    },
    {
      name: 'no volume where the image keeps its data',
      object: alertmanager({ args: undefined }),
      finds: [{ field: MOUNTS, problem: /at "\/alertmanager" are in the container's own file system/ }]
    },
    {
      name: 'no volume where it keeps them once there are arguments',
      object: alertmanager({ args: ['--log.level=debug'] }),
      finds: [{ field: MOUNTS, problem: /at "\/alertmanager\/data"/ }]
    },
    {
      name: 'an image of another name that starts it',
      object: alertmanager({ image: 'x/y', container: { command: ['/bin/alertmanager'] }, volumes: emptyDir }),
      finds: [{ field: MOUNTS }]
    },
    {
      name: 'two replicas on one PVC',
      object: alertmanager({ replicas: 2, volumes: [claimVolume('one')] }),
      finds: [{ field: MOUNTS, problem: /overwrite each other's silences and notification logs on one PVC, "one"/ }]
    },
    ...[undefined, { emptyDir: {} }].map((storage: JsonObject | undefined, index) => ({
      name: `an object of prometheus-operator, ${index}`,
      object: alertmanagerObject({ storage }),
      finds: [
        {
          field: 'spec.storage',
          problem: /of the Alertmanager at "\/alertmanager" are in an emptyDir/,
          remediation: /^set spec\.storage\.volumeClaimTemplate \(alertmanager\.alertmanagerSpec\.storage in kube-/
        }
      ]
    }))
  ],
  advised: [
    {
      name: 'a cluster of three on emptyDirs',
      object: alertmanager({ kind: 'StatefulSet', replicas: 3, volumes: emptyDir }),
      finds: [{ field: MOUNTS, problem: /lost if all replicas stop at the same time$/ }]
    }
  ]
})
