import { claimTemplatesOf, ordinalsOf, templateNameOf } from '../core/objects/claim-templates.ts'
import { specOf } from '../core/objects/metadata.ts'
import type { Subject } from '../core/subject.ts'
import { integerOf } from '../core/values/json.ts'
import { quote } from '../core/values/text.ts'
import type { Action } from './action.ts'
import { claimPrefix, namesInWords, podName, someInWords } from './commands.ts'
import type { UpgradePlan } from './plan.ts'
import type { Section } from './section.ts'

export interface Told {
  /** The file that the old object goes to. */
  readonly saved: string
  /** Of the manifest; undefined where it leaves them to somebody else. */
  readonly replicas: number | undefined
}

/** The plan as `holdfast recreate` carries it out: the same steps, each in the words of what it does. */
export function announced(plan: UpgradePlan, subject: Subject, told: Told): UpgradePlan {
  const steps = plan.steps.flatMap(({ title, action }): Section[] => {
    if (action === undefined) return []
    return [{ title: TITLES[action.do] ?? title, action, parts: [{ say: sayingOf(action, subject, told) }] }]
  })
  return { ...plan, steps }
}

/** Where a reader of commands and whoever watches them do different things. */
const TITLES: Partial<Readonly<Record<Action['do'], string>>> = {
  save: 'Save what runs',
  create: 'Create the new StatefulSet'
}

function sayingOf(action: Action, subject: Subject, { saved, replicas }: Told): string {
  const templates = (names: readonly string[]) =>
    someInWords(names.map((name) => namesInWords(claimPrefix(name, subject), ordinalsOf(subject.oldObject))))
  switch (action.do) {
    case 'save':
      return `The StatefulSet as it runs is written to ${saved}. To restore it, run kubectl create -f ${saved}.`
    case 'keep-claims':
      return `whenDeleted becomes Retain, and the PVCs (${templates(claimTemplatesOf(subject.oldObject).map(templateNameOf))}) have their owner reference removed, before anything is deleted.`
    case 'resize-claims':
      return action.resizes
        .map(({ template, to }) => `${templates([template])}: ${quote(to)}.`)
        .concat('The deletion waits until the volumes have their size, or need a start of their Pod for it.')
        .join(' ')
    case 'change-class':
      return action.changes
        .map(({ template, to }) => `${templates([template])}: volumeAttributesClassName ${quote(to)}.`)
        .join(' ')
    case 'delete':
      return action.cascade === 'orphan'
        ? `Its Pods keep running (${podsOf(subject)}), but a Pod that fails is not replaced until the new StatefulSet exists.`
        : `Its Pods stop, all at once (${podsOf(subject)}), and do not serve until the new ones are ready. Its PVCs stay.`
    case 'create':
      return `It is created from the manifests${scaling(subject, replicas)}. If the API server refuses it, the old one is restored.`
    case 'restart-pods':
      return action.through === 'template'
        ? 'Pods with the DNS name of the old service that the upgrade does not replace anyway are restarted by the controller, one after the other.'
        : 'Pods with the DNS name of the old service are deleted one at a time, the next when the last one is ready again.'
    case 'relabel-claims':
      return 'The PVCs get the labels that their templates have now, and keep all others.'
    case 'verify':
      return 'The new StatefulSet has adopted the Pods, and the PVCs are unchanged.'
  }
}

function podsOf(subject: Subject): string {
  const ordinals = ordinalsOf(subject.oldObject)
  return ordinals.count === 0 ? 'it has none' : namesInWords(podName(subject), ordinals)
}

/** Scaling is no part of this: Pods would start or stop. */
function scaling({ oldObject }: Subject, wanted: number | undefined): string {
  const runs = integerOf(specOf(oldObject).replicas)
  if (runs === undefined || wanted === undefined || wanted === runs) return ''
  return `, but with ${runs} replicas, as many as it has: the manifests have ${wanted}, which the next upgrade sets`
}
