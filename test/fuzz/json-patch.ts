/**
 * JSON Patch (RFC 6902) once more, written from the text of the standard and for nothing but comparison: what Holdfast sends
 * is applied by this and by fast-json-patch, and both have to agree.
 */

interface Operation {
  readonly op: string
  readonly path: string
  readonly value?: unknown
}

/** @throws where an operation does not apply, or is none of the three that Holdfast may send */
export function applyJsonPatch(document: unknown, operations: readonly Operation[]): unknown {
  return operations.reduce((current, operation) => applied(current, stepsOf(operation.path), operation), document)
}

function stepsOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw new Error(`${pointer} is no JSON Pointer`)
  const steps = pointer.slice(1).split('/')
  for (const step of steps) if (/~(?![01])/.test(step)) throw new Error(`${pointer} has a tilde that escapes nothing`)
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function applied(node: unknown, [step, ...rest]: readonly string[], operation: Operation): unknown {
  if (step === undefined) throw new Error(`${operation.op} of the whole document`)
  if (Array.isArray(node)) return inList(node, step, rest, operation)
  if (typeof node !== 'object' || node === null) throw new Error(`${operation.path} leads through a value`)
  return inMap(node as Readonly<Record<string, unknown>>, step, rest, operation)
}

function inList(list: readonly unknown[], step: string, rest: readonly string[], operation: Operation): unknown[] {
  if (!/^(0|[1-9]\d*)$/.test(step)) throw new Error(`${operation.path}: ${step} is no index`)
  const index = Number(step)
  const isInsertion = rest.length === 0 && operation.op === 'add'
  if (isInsertion ? index > list.length : index >= list.length) throw new Error(`${operation.path} is past the end`)
  if (isInsertion) return list.toSpliced(index, 0, operation.value)
  if (rest.length === 0 && operation.op === 'remove') return list.toSpliced(index, 1)
  return list.with(index, rest.length > 0 ? applied(list[index], rest, operation) : replaced(operation))
}

function inMap(
  map: Readonly<Record<string, unknown>>,
  step: string,
  rest: readonly string[],
  operation: Operation
): object {
  const entries = Object.entries(map)
  const at = entries.findIndex(([key]) => key === step)
  if (rest.length > 0) {
    const entry = entries[at]
    if (entry === undefined) throw new Error(`${operation.path}: there is no ${step}`)
    return Object.fromEntries(entries.with(at, [step, applied(entry[1], rest, operation)]))
  }
  if (operation.op === 'add') {
    return Object.fromEntries(
      at < 0 ? [...entries, [step, operation.value]] : entries.with(at, [step, operation.value])
    )
  }
  if (at < 0) throw new Error(`${operation.path} is not there`)
  if (operation.op === 'remove') return Object.fromEntries(entries.toSpliced(at, 1))
  return Object.fromEntries(entries.with(at, [step, replaced(operation)]))
}

function replaced({ op, value }: Operation): unknown {
  if (op !== 'replace') throw new Error(`${op} is not an operation that is sent`)
  return value
}
