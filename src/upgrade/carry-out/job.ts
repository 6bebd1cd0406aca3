import type { Subject } from '../../core/subject.ts'
import type { JsonObject } from '../../core/values/json.ts'
import type { Api } from '../../kubernetes/client.ts'
import type { UpgradePlan } from '../plan.ts'
import type { Applier } from '../successor.ts'

/** What was there before the first change, kept outside of the cluster until all is done. */
export interface Saved {
  /** The StatefulSet, as it can be created again. */
  readonly object: JsonObject
  /** Of the StatefulSet. */
  readonly uid: string
  /** Who applied it; absent where nobody is known. */
  readonly applier?: Applier
  /** uid by name. */
  readonly pods: Readonly<Record<string, string>>
  readonly claims: Readonly<Record<string, string>>
  /** When its deletion was asked for, in milliseconds since 1970; absent before. */
  readonly deletedAt?: number
  /** When the new one had all of the Pods; absent before. */
  readonly adoptedAt?: number
}

/** Where that is kept: one entry for each StatefulSet that is under way. */
export interface Journal {
  /** The file that the old object is in, or goes to. */
  fileOf(uid: string): string
  find(): Promise<Saved | undefined>
  /** When it settles, what was handed over survives this process. */
  save(saved: Saved): Promise<void>
  /** Nothing is under way any more. The old object stays. */
  finish(): Promise<void>
}

/** A StatefulSet that is to be replaced. */
export interface Job {
  readonly namespace: string
  readonly name: string
  readonly plan: UpgradePlan
  /** An update from what runs, or ran, to what is to run. */
  readonly subject: Subject
  readonly manifest: JsonObject
  /** What is created. */
  readonly successor: JsonObject
  readonly applier: Applier | undefined
  /** The StatefulSet that is replaced, as the plan has it. */
  readonly old: JsonObject
  /** Its own; undefined where nothing is known of it any more. */
  readonly oldUid: string | undefined
}

export interface Tools {
  readonly api: Api
  readonly journal: Journal
  /** Milliseconds since 1970. */
  now(): number
  sleep(ms: number): Promise<unknown>
  /** A sentence for whoever watches, without its full stop. */
  tell(text: string): void
  /** What is waited for just now. */
  show(text: string): void
  /** Of each thing that is waited for. */
  readonly timeoutMs: number
}
