import { claimTemplatesOf, templateNameOf } from '../core/objects/claim-templates.ts'
import { inNamespace, setArguments } from '../core/objects/kubectl.ts'
import { specOf } from '../core/objects/metadata.ts'
import { amountOf } from '../core/objects/quantity.ts'
import type { Consequence, Replacement, Resize } from '../core/objects/replacement.ts'
import type { Subject } from '../core/subject.ts'
import { textOf } from '../core/values/json.ts'
import type { ClassChange } from './action.ts'
import { claimPrefix, commandsOrNone, forEach, ordinalsOfOld, podName, resizeCommands } from './commands.ts'
import type { Section } from './section.ts'

/** Measured: with Delete the claims have the StatefulSet as an owner, and go with it whatever the manifests say. */
export function keepClaimsSection(subject: Subject, { ownsClaims }: Replacement): Section | undefined {
  if (!ownsClaims) return undefined
  const where = inNamespace(subject.namespace)
  const retain = JSON.stringify({ spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } } })
  const owners =
    '{range .items[?(@.metadata.ownerReferences)]}{.metadata.name}{" "}{.metadata.ownerReferences[*].name}{"\\n"}{end}'
  const disown = JSON.stringify([{ op: 'remove', path: '/metadata/ownerReferences' }])
  return {
    title: 'Keep the PVCs',
    action: { do: 'keep-claims' },
    parts: [
      {
        say: 'persistentVolumeClaimRetentionPolicy.whenDeleted is Delete: the PVCs have the StatefulSet as their owner, and Kubernetes deletes them and their data with it. Argo CD and Flux would set Delete back: suspend them until the upgrade (argocd app set APP --sync-policy none; flux suspend kustomization NAME or flux suspend helmrelease NAME).'
      },
      { run: [`kubectl patch ${setArguments(subject)} -p '${retain}'`] },
      { say: 'The controller removes the owner reference a moment later. This lists the PVCs that have one:' },
      { run: [`kubectl get pvc${where} -o jsonpath='${owners}'`] },
      {
        say: `Go on when no line ends in ${podName(subject)}. The controller skips a PVC whose Pod is not ready or is gone, such as after scaling down. Each of those needs:`
      },
      { run: [`kubectl patch pvc CLAIM${where} --type=json -p '${disown}'`] }
    ]
  }
}

export function resizeClaimsSection(subject: Subject, { consequences }: Replacement): Section | undefined {
  const growing = consequences.filter(isGrowing)
  if (growing.length === 0) return undefined
  const { run, more } = resizeCommands(growing, subject)
  const resizes: readonly Resize[] = growing
  return {
    title: 'Resize the PVCs',
    action: { do: 'resize-claims', resizes },
    parts: [
      {
        say: 'Existing PVCs do not follow their template. Resize them now, before you delete anything, because the API server refuses it if the storage class does not allow expansion. This lists the storage classes:'
      },
      { run: ['kubectl get storageclass -o custom-columns=CLASS:.metadata.name,EXPANDS:.allowVolumeExpansion'] },
      commandsOrNone(run),
      ...(more > 0 ? [{ say: `${more} more templates have a larger size. Resize their PVCs in the same way.` }] : []),
      {
        say: 'A PVC that stays FileSystemResizePending (kubectl describe pvc) gets its size when its Pod starts again.'
      }
    ]
  }
}

/** What a claim can be asked for, and can be written into a command as it stands. */
function isGrowing(consequence: Consequence): consequence is Consequence & Resize {
  if (consequence.what !== 'resize-claims-first' || consequence.resource !== 'requests.storage') return false
  return amountOf(consequence.to) !== undefined
}

/** Of a claim the attributes of its volume may change, of a template they may not. No class takes none away again. */
export function changeClass(subject: Subject): Section | undefined {
  const changes = classChangesOf(subject)
  if (changes.length === 0) return undefined
  const where = inNamespace(subject.namespace)
  const run = changes.flatMap(({ template, to }) => {
    const patch = JSON.stringify({ spec: { volumeAttributesClassName: to } })
    const prefix = claimPrefix(template, subject)
    return forEach(ordinalsOfOld(subject), (ordinal) => `kubectl patch pvc ${prefix}-${ordinal}${where} -p '${patch}'`)
  })
  return {
    title: 'Change the attributes of the volumes',
    action: { do: 'change-class', changes },
    parts: [
      {
        say: 'A PVC does not follow its template: existing PVCs must be changed, while nothing is deleted. The driver of the volumes carries it out, and kubectl describe pvc says how far it is:'
      },
      commandsOrNone(run)
    ]
  }
}

const CLASS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

function classChangesOf({ object, oldObject }: Subject): ClassChange[] {
  const before = new Map(claimTemplatesOf(oldObject).map((template) => [templateNameOf(template), classOf(template)]))
  return claimTemplatesOf(object).flatMap((template) => {
    const [name, to] = [templateNameOf(template), classOf(template)]
    return before.has(name) && to !== undefined && CLASS_NAME.test(to) && before.get(name) !== to
      ? [{ template: name, to }]
      : []
  })
}

function classOf(template: Parameters<typeof specOf>[0]): string | undefined {
  return textOf(specOf(template).volumeAttributesClassName)
}
