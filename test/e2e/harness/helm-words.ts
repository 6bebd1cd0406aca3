// What a user of Helm reads when the chart's version stands in a claim template: Helm's words around Holdfast's.

import { APPLICATIONS, type Major } from './helm.ts'

/** Where something is said. */
export interface Where {
  major: Major
  namespace: string
}

export type Words = (where: Where) => string

/** Stands for the API server's own refusal, which lists the fields that its version lets change. */
const RAW = '(the API server refuses)'

const REFUSAL =
  /StatefulSet\.apps "\S+" is invalid: spec: Forbidden: updates to statefulset spec for fields other than .*? are forbidden/g

/** What Helm said, with the API server's own refusal made short. */
export function shortened(error: string): string {
  return error.replaceAll(REFUSAL, RAW)
}

/** How Helm says which request failed, by the way in which it sends an object. */
const SENT = {
  patch: () => 'cannot patch "pgw" with kind StatefulSet: ',
  apply: ({ namespace }: Where) => `server-side apply failed for object ${namespace}/pgw apps/v1, Kind=StatefulSet: `,
  replace: () => 'failed to replace object: ',
  /** Helm 4 applies server-side unless told otherwise. */
  usual: (where: Where): string => (where.major === 3 ? SENT.patch() : SENT.apply(where))
}

export type Way = keyof typeof SENT

export function upgradeFails(why: Words, way: Way = 'usual'): Words {
  return (where) => `Error: UPGRADE FAILED: ${SENT[way](where)}${why(where)}`
}

export function rollbackFails(why: Words, way: Way = 'usual'): Words {
  return (where) => `Error: ${SENT[way](where)}${why(where)}`
}

/** `--atomic` of Helm 3, `--rollback-on-failure` of Helm 4: the upgrade failed and the rollback did not. */
export function rolledBack(why: Words): Words {
  return (where) => {
    const because = where.major === 3 ? 'atomic being set' : 'rollback-on-failure being set'
    return `Error: UPGRADE FAILED: release pgw failed, and has been rolled back due to ${because}: ${SENT.usual(where)}${why(where)}`
  }
}

/** Both failed. */
export function notRolledBack(upgrade: Words, rollback: Words): Words {
  return (where) => {
    const head = 'Error: UPGRADE FAILED: an error occurred while rolling back the release. original upgrade error: '
    const sent = SENT.usual(where)
    return `${head}${sent}${upgrade(where)}: ${sent}${rollback(where)}`
  }
}

export const refused: Words = () => RAW

/** The denial of an upgrade that changes labels only. */
export function denied(from: string, to: string): Words {
  return ({ namespace }) =>
    'admission webhook "statefulsets.mutate.holdfast.dev" denied the request: ' +
    `spec.volumeClaimTemplates[0].metadata.labels: ${changed(from, to)}. ` +
    `Fix: ${remediation(namespace)} (Holdfast, policy claim-template-labels)`
}

/** The denial of an upgrade that changes the size as well, which is never restored. */
export function deniedSize(from: string, to: string): Words {
  return ({ namespace }) =>
    'admission webhook "statefulsets.mutate.holdfast.dev" denied the request: ' +
    `spec.volumeClaimTemplates[0]: ${changed(from, to)}; ` +
    'spec.volumeClaimTemplates[0].spec.resources.requests.storage "1Gi" → "2Gi". ' +
    `Fix: ${replaced(namespace)}; before that, resize the existing PVCs (kubectl patch pvc) ` +
    '(Holdfast, policy claim-template-labels)'
}

/** What kubectl says about the manifest that Helm renders: the same, in kubectl's frame. */
export function deniedByKubectl(from: string, to: string): Words {
  return ({ namespace }) =>
    `The StatefulSet "pgw" is invalid: spec.volumeClaimTemplates[0].metadata.labels: ${changed(from, to)}. ` +
    `Fix: ${remediation(namespace)} (Holdfast, policy claim-template-labels)`
}

function deleteCommand(namespace: string): string {
  return `kubectl delete statefulset --cascade=orphan pgw -n ${namespace}`
}

/** The warnings, each a list: how many there are matters, too. */
export type Warnings = (where: Where) => string[]

export const silent: Warnings = () => []

/** When the StatefulSet is created. */
export const volatile: Warnings = () => [
  'Holdfast claim-template-labels: claim template "data" has labels that change with every release ' +
    '(helm.sh/chart, app.kubernetes.io/version), and no update may change them',
  'Holdfast claim-template-labels: fix: take the label out of the claim template before the next upgrade, ' +
    'or set onChange: restore'
]

/** What a restore says. */
export function kept(from: string, to: string): Warnings {
  return () => [`Holdfast claim-template-labels: ${keeps(from, to)}`]
}

export function wouldReject(from: string, to: string): Warnings {
  return ({ namespace }) => [
    `Holdfast claim-template-labels: would reject: ${changed(from, to)}`,
    `Holdfast claim-template-labels: fix: ${remediation(namespace)}`
  ]
}

export function wouldKeep(from: string, to: string): Warnings {
  return ({ namespace }) => [
    `Holdfast claim-template-labels: would patch: ${keeps(from, to)}`,
    `Holdfast claim-template-labels: fix: ${replaced(namespace)}; in enforce mode, Holdfast keeps the old values`
  ]
}

function changed(from: string, to: string): string {
  return (
    'labels of claim template "data" change: ' +
    `app.kubernetes.io/version "${APPLICATIONS[from]}" → "${APPLICATIONS[to]}", ` +
    `helm.sh/chart "pushgateway-${from}" → "pushgateway-${to}"`
  )
}

function keeps(from: string, to: string): string {
  return (
    'keeps the labels of claim template "data": ' +
    `app.kubernetes.io/version "${APPLICATIONS[from]}" (not "${APPLICATIONS[to]}"), ` +
    `helm.sh/chart "pushgateway-${from}" (not "pushgateway-${to}")`
  )
}

function replaced(namespace: string): string {
  return `run "${deleteCommand(namespace)}" (this keeps its Pods and PVCs) and upgrade again`
}

function remediation(namespace: string): string {
  return `${replaced(namespace)}, or set onChange: restore`
}
