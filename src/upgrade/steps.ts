import { claimTemplatesOf, deletesClaims, templateNameOf } from '../core/objects/claim-templates.ts'
import {
  deleteCommand,
  fileArgument,
  inNamespace,
  pasteable,
  restartCommand,
  selectorFlag,
  setArguments
} from '../core/objects/kubectl.ts'
import { specOf } from '../core/objects/metadata.ts'
import type { Consequence, Replacement } from '../core/objects/replacement.ts'
import { rollsAllPods } from '../core/objects/workload.ts'
import type { Subject } from '../core/subject.ts'
import { integerOf, objectOf } from '../core/values/json.ts'
import { changeClass, keepClaimsSection, resizeClaimsSection } from './claim-steps.ts'
import {
  claimPrefix,
  commandsOrNone,
  forEach,
  namesInWords,
  ordinalsOfOld,
  podName,
  releaseOf,
  someInWords
} from './commands.ts'
import type { Part, Section } from './section.ts'

export interface StepOptions {
  /** The file that `kubectl apply -f` is to read; without it a placeholder stands there. */
  readonly file?: string
  /** Whether claims that are there get the labels that their templates have now. */
  readonly relabelClaims?: boolean
}

/** All steps of replacing a StatefulSet, in the only order in which nothing is lost. */
export function stepsOf(subject: Subject, replacement: Replacement, options: StepOptions): Section[] {
  const steps = [
    lookFirst(subject, replacement),
    keepClaimsSection(subject, replacement),
    resizeClaimsSection(subject, replacement),
    changeClass(subject),
    remove(subject, replacement),
    upgrade(subject, replacement, options),
    restart(subject, replacement),
    relabel(subject, options),
    copyData(subject, replacement),
    verify(subject, replacement)
  ]
  return steps.filter((step) => step !== undefined)
}

/** @param subject the creation of a StatefulSet whose Pods are there */
export function stepsForOrphans(subject: Subject): Section[] {
  const nothing = { cascade: 'orphan', consequences: [], ownsClaims: false, claimsAtRisk: false } as const
  return [upgrade(subject, nothing, {}), verify(subject, nothing)]
}

function lookFirst(subject: Subject, { ownsClaims }: Replacement): Section {
  const [set, where] = [setArguments(subject), inNamespace(subject.namespace)]
  const file = `${podName(subject)}.before.yaml`
  const parts: Part[] = [
    { say: 'What runs may differ from the files that were compared. Keep it, and back up the volumes if you can.' },
    { run: [`kubectl get ${set} -o yaml > ${file}`, `kubectl get pods,pvc${where}${selectorFlag(subject.oldObject)}`] }
  ]
  if (!ownsClaims && claimTemplatesOf(subject.oldObject).length > 0) {
    parts.push(
      { say: 'Deleting the StatefulSet must not delete its PVCs. The output has to be Retain or empty:' },
      { run: [`kubectl get ${set} -o jsonpath='{.spec.persistentVolumeClaimRetentionPolicy.whenDeleted}{"\\n"}'`] },
      { say: `Where it says Delete, stop here and compare with what runs: --previous ${file}.` }
    )
  }
  return { title: 'Pre-checks', action: { do: 'save' }, parts }
}

function remove(subject: Subject, { cascade }: Replacement): Section {
  const ordinals = ordinalsOfOld(subject)
  const none = ordinals.count === 0
  const pods = none ? 'it has none' : namesInWords(podName(subject), ordinals)
  const templates = claimTemplatesOf(subject.oldObject).map(templateNameOf)
  const claims = someInWords(templates.map((template) => namesInWords(claimPrefix(template, subject), ordinals)))
  const what =
    cascade === 'orphan'
      ? `Its Pods keep running (${pods}), but a Pod that fails is not replaced until the new StatefulSet exists.`
      : `Its Pods stop (${pods}), and do not serve until the new ones are ready.`
  const kept = templates.length === 0 || none ? '' : ` Its PVCs stay: ${claims}.`
  return {
    title: cascade === 'orphan' ? 'Delete the StatefulSet and nothing else' : 'Delete the StatefulSet with its Pods',
    action: { do: 'delete', cascade },
    parts: [
      { say: `${what}${kept} If Argo CD or Flux applies it, push the new version to Git first.` },
      { run: [deleteCommand(subject, cascade)] }
    ]
  }
}

function upgrade(subject: Subject, { cascade }: Replacement, { file }: StepOptions): Section {
  const release = releaseOf(subject)
  const pods =
    cascade === 'orphan'
      ? 'It adopts the Pods, and replaces them one after the other where their template changed.'
      : 'It creates new Pods, which use the existing PVCs.'
  const how =
    release === undefined
      ? 'Apply the new version as usual.'
      : 'Run the upgrade as usual, with the same chart, version and values. A release that failed before does not prevent it.'
  const command =
    release === undefined
      ? `kubectl apply${inNamespace(subject.namespace)} -f ${fileArgument(file)}`
      : `helm upgrade ${pasteable(release.name, 'RELEASE')} CHART${inNamespace(release.namespace)}`
  return {
    title: 'Upgrade again',
    action: { do: 'create' },
    parts: [{ say: `${how} The StatefulSet is created. ${pods}` }, { run: [command] }]
  }
}

/** Only where Pods stay: new ones have the new name. */
function restart(subject: Subject, { cascade, consequences }: Replacement): Section | undefined {
  if (cascade !== 'orphan' || !consequences.some(({ what }) => what === 'restart-pods')) return undefined
  const where = inNamespace(subject.namespace)
  const columns = 'custom-columns=POD:.metadata.name,SERVICE:.spec.subdomain'
  return {
    title: 'Restart Pods that have the old name',
    action: { do: 'restart-pods', through: rollsAllPods(subject.object) ? 'template' : 'deletion' },
    parts: [
      { say: 'Pods keep the DNS name of the service that they were made for. This says which have the old one:' },
      { run: [`kubectl get pods${where}${selectorFlag(subject.object)} -o ${columns}`] },
      ...(rollsAllPods(subject.object)
        ? [{ say: 'If there is one that the upgrade does not replace anyway:' }, { run: [restartCommand(subject)] }]
        : [
            { say: 'Delete those that have it one at a time, the next when the last one is ready again:' },
            commandsOrNone(
              forEach(ordinalsOfOld(subject), (ordinal) => `kubectl delete pod ${podName(subject)}-${ordinal}${where}`)
            )
          ])
    ]
  }
}

/** A controller labels a claim when it makes it, and never again. */
function relabel(subject: Subject, { relabelClaims = false }: StepOptions): Section | undefined {
  const templates = claimTemplatesOf(subject.object)
  if (!relabelClaims || templates.length === 0) return undefined
  const names = someInWords(templates.map((template) => `${claimPrefix(templateNameOf(template), subject)}-…`))
  return {
    title: 'Label the PVCs again',
    action: { do: 'relabel-claims' },
    parts: [{ say: `The PVCs (${names}) get the labels that their templates have now, and keep all others.` }]
  }
}

/** Where the data lies in claims that the new StatefulSet does not look at. */
function copyData(subject: Subject, { consequences }: Replacement): Section | undefined {
  const named = (what: Consequence['what']): string[] =>
    consequences.flatMap((one) =>
      one.what === what && 'template' in one ? `${claimPrefix(one.template, subject)}-…` : []
    )
  const [empty, left] = [named('claims-start-empty'), named('claims-are-left')]
  if (empty.length === 0 || left.length === 0) return undefined
  const set = setArguments(subject)
  const scaled = objectOf(specOf(subject.object).persistentVolumeClaimRetentionPolicy).whenScaled === 'Delete'
  const retain = JSON.stringify({ spec: { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain' } } })
  const replicas = integerOf(specOf(subject.object).replicas) ?? 1
  return {
    title: 'Copy the data',
    parts: [
      {
        say: `The new PVCs (${someInWords(empty)}) start empty; the old ones (${someInWords(left)}) stay, but are not used. To copy the data, stop the Pods:`
      },
      { run: [...(scaled ? [`kubectl patch ${set} -p '${retain}'`] : []), `kubectl scale ${set} --replicas=0`] },
      { say: 'Mount both PVCs in a Pod of your own for each replica, copy, delete that Pod, and start again:' },
      { run: [`kubectl scale ${set} --replicas=${replicas}`] }
    ]
  }
}

function verify(subject: Subject, { cascade, podsStopFor, consequences, ownsClaims }: Replacement): Section {
  const where = inNamespace(subject.namespace)
  const selector = selectorFlag(subject.object)
  // Claims that are there keep the labels of the selector that they were made with.
  const claims = podsStopFor === 'selector' ? '' : selector
  const pods = `kubectl get pods${where}${selector} -o 'custom-columns=POD:.metadata.name,OWNER:.metadata.ownerReferences[*].name,STARTED:.status.startTime'`
  const rollout = `kubectl rollout status ${setArguments(subject)} --timeout=10m`
  const adopted =
    cascade === 'orphan'
      ? ` OWNER has to be ${podName(subject)} everywhere; <none> is a Pod that the StatefulSet did not adopt.`
      : ''
  const notes = [...new Set(consequences.flatMap((consequence) => noteOn(consequence) ?? []))]
  if (ownsClaims && deletesClaims(subject.object))
    notes.push('The upgrade has set whenDeleted back to Delete, and the PVCs have their owner again.')
  return {
    title: 'Verify',
    action: { do: 'verify' },
    parts: [
      { say: `All Pods become ready, and the PVCs are unchanged.${adopted}` },
      { run: [...(isRolling(subject) ? [rollout] : []), pods, `kubectl get pvc${where}${claims}`] },
      ...(notes.length === 0 ? [] : [{ say: notes.join(' ') }])
    ]
  }
}

/** kubectl waits for no other kind of rollout. */
function isRolling({ object }: Subject): boolean {
  return (objectOf(specOf(object).updateStrategy).type ?? 'RollingUpdate') === 'RollingUpdate'
}

function noteOn(consequence: Consequence): string | undefined {
  if (consequence.what === 'claims-never-shrink')
    return 'No PVC can become smaller: existing PVCs keep their size. For a smaller one, copy the data to a new PVC.'
  // These have a step of their own.
  if (consequence.what === 'claims-keep-what-they-have' && consequence.field !== 'volumeAttributesClassName')
    return 'Existing PVCs do not change; the new template applies only to PVCs that scaling up adds.'
  if (consequence.what === 'claims-are-left') return 'PVCs of a template that is gone stay until you delete them.'
  return undefined
}
