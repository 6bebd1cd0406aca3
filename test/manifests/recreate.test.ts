// What the Role of the documentation and that of the Job allow: compared with what the command asks for.

import { readFileSync } from 'node:fs'
import type { IPolicyRule } from 'kubernetes-models/rbac.authorization.k8s.io/v1/PolicyRule'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { RIGHT_TO_CLASSES, RIGHTS_TO_LOOK, rightsFor } from '../../src/commands/recreate/rights.ts'
import type { Action } from '../../src/upgrade/action.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** One of each kind, and of those that need different rights each. */
const ACTIONS: readonly Action[] = [
  { do: 'save' },
  { do: 'keep-claims' },
  { do: 'resize-claims', resizes: [] },
  { do: 'change-class', changes: [] },
  { do: 'delete', cascade: 'orphan' },
  { do: 'create' },
  { do: 'restart-pods', through: 'template' },
  { do: 'restart-pods', through: 'deletion' },
  { do: 'relabel-claims' },
  { do: 'verify' }
]

interface Role {
  readonly kind: string
  readonly rules?: readonly IPolicyRule[]
}

function rightsOf({ rules = [] }: Role): string[] {
  return rules
    .flatMap(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)))
    )
    .sort()
}

/** The objects of a page or of a template, of which Helm's own words are left out. */
function objectsIn(text: string): Role[] {
  const plain = text.replaceAll(/\{\{-? \/\*[\s\S]*?\*\/\}\}|^\{\{.*\}\}$/gm, '').replaceAll(/\{\{.*?\}\}/g, 'x')
  return parseAllDocuments(plain).map((document) => document.toJS() as Role)
}

const named = (rights: ReturnType<typeof rightsFor>): string[] =>
  [...new Set(rights.map(({ verb, resource: { group, resource } }) => `${group}/${resource} ${verb}`))].sort()

t.test('the Role is what any plan needs, and no more', async (t) => {
  const needed = named([...RIGHTS_TO_LOOK, ...rightsFor(ACTIONS, true)])
  const [documented = ''] = /apiVersion: rbac[\s\S]*?```/.exec(read('docs/recreate.md')) ?? []
  const hook = objectsIn(read('manifests/examples/helm-hook/recreate.yaml'))
  t.strictSame(rightsOf(objectsIn(documented.replace('```', ''))[0] as Role), needed, 'docs/recreate.md')
  t.strictSame(rightsOf(hook.find(({ kind }) => kind === 'Role') as Role), needed, 'the Job')
  t.strictSame(rightsOf(hook.find(({ kind }) => kind === 'ClusterRole') as Role), named([RIGHT_TO_CLASSES]))
})
