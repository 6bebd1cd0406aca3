import { integerOf, isObject, type JsonObject, listOf, objectOf, own, textOf, textsOf } from '../values/json.ts'
import { annotationsOf, controllerOf, specOf } from './metadata.ts'

/** An item of `spec.containers` with its place in the list. */
export interface Container {
  readonly index: number
  readonly object: JsonObject
}

/** The regular containers of a Pod. Items of the list that are no containers are passed over, and keep their number. */
export function containersOf(pod: JsonObject): readonly Container[] {
  const containers: Container[] = []
  for (const [index, object] of listOf(specOf(pod).containers).entries()) {
    if (isObject(object)) containers.push({ index, object })
  }
  return containers
}

export function nameOfContainer({ object }: Container): string {
  return textOf(object.name) ?? ''
}

export function imageOf({ object }: Container): string {
  return textOf(object.image) ?? ''
}

/** `command` and `args` in one list: what is run, as far as the Pod says. */
export function wordsOf({ object }: Container): readonly string[] {
  return [...textsOf(object.command), ...textsOf(object.args)]
}

export function exposes({ object }: Container, port: number): boolean {
  return listOf(object.ports).some((item) => objectOf(item).containerPort === port)
}

/** A Pod that is meant to run for good, and that the API server itself decides about: no Job, no static Pod's mirror. */
export function isLongRunning(pod: JsonObject): boolean {
  const restartPolicy = textOf(specOf(pod).restartPolicy) ?? 'Always'
  if (restartPolicy !== 'Always') return false
  if (own(annotationsOf(pod), 'kubernetes.io/config.mirror') !== undefined) return false
  return controllerOf(pod)?.kind !== 'Job'
}

/** Seconds; 30 is what the API server fills in before admission, so in a live review it is never absent. */
export function gracePeriodOf(pod: JsonObject): number {
  const seconds = specOf(pod).terminationGracePeriodSeconds
  // Not integerOf: a number too large to count with is long enough.
  return typeof seconds === 'number' ? seconds : 30
}

const DURATION = /^(\d{1,6}(?:\.\d{1,6})?)([smhd]?)$/
const SECONDS = { '': 1, s: 1, m: 60, h: 3600, d: 86400 } as const

/** Longer commands are not read to their end: nobody waits by one, and somebody might want us to. */
const READ_CHARACTERS = 4096

/**
 * How long a preStop handler takes at the least, in whole seconds, where that can be read from it: a native `sleep`, or
 * the sum of the `sleep N` in a command. Undefined where it cannot be known.
 */
export function preStopSeconds(preStop: JsonObject): number | undefined {
  const native = integerOf(objectOf(preStop.sleep).seconds)
  if (native !== undefined) return native
  const command = textsOf(objectOf(preStop.exec).command).join(' ').slice(0, READ_CHARACTERS)
  const words = command.split(/[\s;&|()]+/)
  let total: number | undefined
  for (const [index, word] of words.entries()) {
    const match = baseName(word) === 'sleep' ? DURATION.exec(words[index + 1] ?? '') : null
    if (match !== null) total = (total ?? 0) + Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS]
  }
  return total === undefined ? undefined : Math.ceil(total)
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
