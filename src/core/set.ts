import type { Gap } from './gap.ts'
import type { Resource } from './objects/kinds.ts'
import type { Subject } from './subject.ts'

/** Something of a Set that nobody has seen. */
export interface SetGap extends Gap {
  /** As an end of "not evaluated: …", without a full stop: "poddisruptionbudgets may not be listed". */
  readonly why: string
}

export interface SetParts {
  readonly namespace: string
  /** Whether they were rendered together, or are what a namespace of a cluster holds. */
  readonly origin: 'files' | 'cluster'
  /** In the order in which findings are to come. */
  readonly members: readonly Subject[]
  readonly gaps: readonly SetGap[]
  /** Reads a YAML text in a ConfigMap; undefined for what is none. Parsing is the door's. */
  readYaml(text: string): unknown
}

/** Objects that belong together: what was rendered together, or what a namespace holds. */
export class SubjectSet {
  readonly namespace: string
  readonly origin: 'files' | 'cluster'
  readonly members: readonly Subject[]
  readonly gaps: readonly SetGap[]
  readonly #readYaml: (text: string) => unknown
  readonly #byKind: ReadonlyMap<string, readonly Subject[]>
  readonly #documents = new Map<string, unknown>()

  constructor({ namespace, origin, members, gaps, readYaml }: SetParts) {
    this.namespace = namespace
    this.origin = origin
    this.members = members
    this.gaps = gaps
    this.#readYaml = readYaml
    this.#byKind = Map.groupBy(members, keyOfKind)
  }

  /** Members of a kind, in their order. */
  ofKind(resource: Pick<Resource, 'group' | 'kind'>): readonly Subject[] {
    return this.#byKind.get(keyOfKind(resource)) ?? []
  }

  named(resource: Pick<Resource, 'group' | 'kind'>, name: string): Subject | undefined {
    return this.ofKind(resource).find((member) => member.name === name)
  }

  /** What a YAML text says; undefined for what is no YAML. Each text is read once. */
  yaml(text: string): unknown {
    if (!this.#documents.has(text)) this.#documents.set(text, this.#readYaml(text))
    return this.#documents.get(text)
  }

  /** What is missing of some kinds. What may be anything may be of each of them. */
  gapsIn(resources: readonly Resource[]): readonly SetGap[] {
    if (resources.length === 0) return []
    return this.gaps.filter(({ what }) => what === 'objects' || resources.some(({ resource }) => resource === what))
  }
}

function keyOfKind({ group, kind }: Pick<Resource, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}
