import { IMMUTABLE_FIELDS } from '../core/objects/immutable-fields.ts'
import { pasteable } from '../core/objects/kubectl.ts'
import type { UpgradePlan } from './plan.ts'
import type { Section } from './section.ts'

/** What holds for all StatefulSets of an upgrade together, and is said once. */
export function upgradeNotes(plans: readonly UpgradePlan[]): Section[] {
  const blocked = plans.filter(({ fate }) => fate === 'blocked')
  if (blocked.length === 0) return []
  return [...(blocked.some(isRestorable) ? [restoring(blocked)] : []), neverDo(blocked), goBack()]
}

function isRestorable({ restorable }: UpgradePlan): boolean {
  return restorable.length > 0
}

/** The same as docs/gitops.md says about Argo CD and Flux; a test compares. */
function restoring(blocked: readonly UpgradePlan[]): Section {
  const plans = blocked.filter(isRestorable)
  const which = plans.map(({ name }) => pasteable(name, 'NAME'))
  const what = new Set(plans.flatMap(({ restorable }) => restorable.flatMap((field) => field.restorable ?? [])))
  const only = which.length === blocked.length ? 'Only' : `For ${which.join(', ')}: only`
  return {
    title: 'Without deleting anything: onChange: restore',
    parts: [
      {
        say: `${only} ${[...what].join(' and ')} change. Where Holdfast enforces claim-template-labels in the cluster, it can put the old values back: the upgrade goes through as it is, and later ones too. In its configuration file:`
      },
      { yaml: 'policies:\n  claim-template-labels:\n    onChange: restore' },
      {
        say: 'What runs then differs from Git in these fields. Flux sees no difference and needs nothing. Argo CD sees one, unless the Application has Server-Side Diff:'
      },
      { yaml: 'metadata:\n  annotations:\n    argocd.argoproj.io/compare-options: ServerSideDiff=true' },
      {
        say: 'or, where it does not sync with ServerSideApply=true, ignores them (without RespectIgnoreDifferences=true, which would drop a larger size in Git without a message):'
      },
      { yaml: ignoring(what) }
    ]
  }
}

/** All fields of the same words together: a label that changes is rarely the last. */
function ignoring(what: ReadonlySet<string>): string {
  const fields = IMMUTABLE_FIELDS.filter(({ restorable }) => restorable !== undefined && what.has(restorable))
  const expressions = fields.map(({ path }) => `        - ${path.map(jqStep).join('')}`)
  return [IGNORE, ...expressions].join('\n')
}

function jqStep(step: string | number): string {
  return step === '*' ? '[]?' : `.${step}`
}

const IGNORE = `spec:
  ignoreDifferences:
    - group: apps
      kind: StatefulSet
      jqPathExpressions:`

function neverDo(blocked: readonly UpgradePlan[]): Section {
  const ownsClaims = blocked.some((plan) => plan.ownsClaims)
  const podsStay = blocked.some((plan) => plan.podsStay)
  const claims = ownsClaims ? ', and where whenDeleted is Delete with its PVCs and their data' : ''
  return {
    title: 'What not to do',
    parts: [
      {
        list: [
          ...(podsStay ? ['kubectl delete statefulset without --cascade=orphan: all Pods stop at once.'] : []),
          ...(ownsClaims ? ['Any deletion while PVCs still have an owner: their data is lost.'] : []),
          `kubectl replace --force, force: true of a Flux Kustomization, Replace=true with Force=true in Argo CD: they delete the StatefulSet with its Pods${claims}, and create it again.`,
          'helm upgrade --force (Helm 4: --force-replace): the API server refuses it in the same way.'
        ]
      }
    ]
  }
}

function goBack(): Section {
  return {
    title: 'Roll back',
    parts: [
      {
        say: 'To print the steps that roll back, run the command again with the new and the previous manifests exchanged.'
      }
    ]
  }
}
