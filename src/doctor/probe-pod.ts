import { containersOf } from '../core/objects/pod.ts'
import type { JsonObject } from '../core/values/json.ts'
import { isObject, objectOf } from '../core/values/json.ts'
import type { DryRunAnswer } from './evidence.ts'

/** The policy that answers visibly for the Pod: it adds a preStop to each new Pushgateway. */
export const PROBED_POLICY = 'pushgateway-graceful-stop'

/**
 * A Pod that the API server creates in a dry run only. It asks for so little, and with so few rights, that Pod Security,
 * quotas and LimitRanges rarely have a reason to refuse it. Its image is never pulled.
 */
export function probePod(namespace: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'holdfast-doctor-', namespace, labels: { 'app.kubernetes.io/name': 'holdfast-doctor' } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'pushgateway',
          image: 'quay.io/prometheus/pushgateway:v1.11.3',
          ports: [{ name: 'metrics', containerPort: 9091 }],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] }
          }
        }
      ]
    }
  }
}

/** Whether Holdfast has left its mark on the answer: a preStop, or a warning. Without a mark, nothing is known yet. */
export function isMarked(answer: DryRunAnswer): boolean {
  return (
    answer.kind === 'created' &&
    (isPatched(answer.object) || answer.warnings.some((text) => text.startsWith('Holdfast ')))
  )
}

function isPatched(pod: JsonObject): boolean {
  return containersOf(pod).some(({ object }) => isObject(objectOf(object.lifecycle).preStop))
}
