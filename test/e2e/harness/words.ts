// What a user reads when an upgrade changes what cannot change: in Kubernetes' words, and in Holdfast's.

import { NAME } from './manifests.ts'

/** The API server's own refusal; the fields that it lists are those of its version. */
const REFUSAL =
  /The StatefulSet "\S+" is invalid: spec: Forbidden: updates to statefulset spec for fields other than [^\n]* are forbidden/g

/** Stands for the API server's own refusal in what `said` returns. */
export const RAW = '(the API server refuses)'

/** What kubectl wrote to its standard error, line by line, with the API server's own refusal made short. */
export function said({ stderr }: { stderr: string }): string[] {
  return stderr.replaceAll(REFUSAL, RAW).split('\n').filter(Boolean)
}

/** For the upgrade from 2.16.0 to 2.17.0, like all below. */
export const CHANGED =
  'labels of claim template "storage-volume" change: app.kubernetes.io/version "v1.10.0" → "v1.11.0", ' +
  'helm.sh/chart "prometheus-pushgateway-2.16.0" → "prometheus-pushgateway-2.17.0"'

export function deleteCommand(namespace: string): string {
  return `kubectl delete statefulset --cascade=orphan ${NAME} -n ${namespace}`
}

function remediation(namespace: string): string {
  return `run "${deleteCommand(namespace)}" (this keeps its Pods and PVCs) and upgrade again, or set onChange: restore`
}

export function denial(namespace: string): string {
  return (
    `The StatefulSet "${NAME}" is invalid: spec.volumeClaimTemplates[0].metadata.labels: ${CHANGED}. ` +
    `Fix: ${remediation(namespace)} (Holdfast, policy claim-template-labels)`
  )
}

export const KEPT =
  'Warning: Holdfast claim-template-labels: keeps the labels of claim template "storage-volume": ' +
  'app.kubernetes.io/version "v1.10.0" (not "v1.11.0"), ' +
  'helm.sh/chart "prometheus-pushgateway-2.16.0" (not "prometheus-pushgateway-2.17.0")'

export function wouldReject(namespace: string): string[] {
  return [
    `Warning: Holdfast claim-template-labels: would reject: ${CHANGED}`,
    `Warning: Holdfast claim-template-labels: fix: ${remediation(namespace)}`
  ]
}

/** When the StatefulSet is created. */
export const VOLATILE = [
  'Warning: Holdfast claim-template-labels: claim template "storage-volume" has labels that change with every release ' +
    '(helm.sh/chart, app.kubernetes.io/version), and no update may change them',
  'Warning: Holdfast claim-template-labels: fix: install the chart prometheus-pushgateway 3.0.0 or later, which has no ' +
    'such label, or take the label out of the claim template before the next upgrade, or set onChange: restore'
]
