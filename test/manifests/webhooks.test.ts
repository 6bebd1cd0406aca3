// Every webhook entry of every overlay, field by field.
import { readFileSync } from 'node:fs'
import type { IService } from 'kubernetes-models/v1/Service'
import t from 'tap'
import { IMMUTABLE_FIELDS } from '../../src/core/objects/immutable-fields.ts'
import { HASH_ANNOTATION } from '../../src/policies/autosharding-labels.ts'
import { type Entry, entriesOf, only, overlays, render, root, skip } from './render.ts'

const FIELDS = [
  'admissionReviewVersions',
  'clientConfig',
  'failurePolicy',
  'matchConditions',
  'matchPolicy',
  'name',
  'namespaceSelector',
  'objectSelector',
  'rules',
  'sideEffects',
  'timeoutSeconds'
]
const RULE_FIELDS = ['apiGroups', 'apiVersions', 'operations', 'resources', 'scope']
const BARE_NAMES = [
  'operator.validate.holdfast.dev',
  'pods.mutate.holdfast.dev',
  'statefulsets.mutate.holdfast.dev',
  'workloads.validate.holdfast.dev'
]
/** Filled in by the API server itself. */
const ALWAYS = [
  'object.spec',
  'oldObject.spec',
  'object.metadata',
  'oldObject.metadata',
  'request.resource.resource',
  'owner.apiVersion',
  'owner.kind'
]
/** Lists that fit the budget at the size of the largest request. */
const CHEAP = ['object.metadata.ownerReferences']
const bareName = (entry: Entry) => entry.name.replace(/^(?:audit|warn)\./, '')
const keysOf = (value: object | undefined) => Object.keys(value ?? {}).sort()

for (const overlay of overlays) {
  t.test(`${overlay}: each entry`, { skip }, async (t) => {
    const manifests = render(`overlays/${overlay}`)
    const service = only<IService>(manifests, 'Service')
    const ownNamespace = only(manifests, 'Namespace').metadata.name

    for (const entry of entriesOf(manifests)) {
      t.test(entry.name, async (t) => {
        const { phase, ...fields } = entry
        const expected = phase === 'mutate' ? [...FIELDS, 'reinvocationPolicy'] : FIELDS
        t.same(keysOf(fields), [...expected].sort(), 'spells every field out, and no caBundle')
        t.same(keysOf(entry.clientConfig), ['service'])
        t.ok(BARE_NAMES.includes(bareName(entry)), 'a known name')

        t.match(entry.clientConfig.service, { name: service.metadata.name, namespace: service.metadata.namespace })
        t.equal(service.metadata.namespace, ownNamespace)
        t.ok(
          service.spec?.ports?.some((port) => port.port === entry.clientConfig.service?.port),
          'a port it has'
        )
        t.match(entry.clientConfig.service?.path, new RegExp(`^/${phase}(/(audit|warn|enforce))?$`), 'a known path')
        const ceiling = overlay === 'audit' ? 'audit' : /^(audit|warn)\./.exec(entry.name)?.[1]
        if (ceiling) t.equal(entry.clientConfig.service?.path, `/${phase}/${ceiling}`, 'the ceiling of overlay or name')

        t.same(entry.admissionReviewVersions, ['v1'])
        t.equal(entry.sideEffects, 'None')
        t.equal(entry.matchPolicy, 'Equivalent')
        t.equal(entry.failurePolicy, 'Ignore')
        t.ok((entry.timeoutSeconds ?? 10) <= 5, 'waits no longer than 5 s')
        if ('reinvocationPolicy' in entry) {
          t.equal(entry.reinvocationPolicy, bareName(entry).startsWith('pods.') ? 'IfNeeded' : 'Never')
        }
        t.same(entry.objectSelector, {})
        t.same(
          entry.namespaceSelector?.matchExpressions?.find((it) => it.key === 'kubernetes.io/metadata.name'),
          {
            key: 'kubernetes.io/metadata.name',
            operator: 'NotIn',
            values: [ownNamespace, 'kube-node-lease', 'kube-system']
          },
          'keeps out of the namespaces that a cluster cannot start without'
        )

        t.ok((entry.rules ?? []).length > 0, 'has a rule')
        for (const rule of entry.rules ?? []) {
          t.same(keysOf(rule), RULE_FIELDS)
          t.equal(rule.scope, 'Namespaced')
          for (const list of [rule.apiGroups, rule.apiVersions, rule.operations, rule.resources]) {
            t.notOk(
              list?.some((it) => it.includes('*')),
              'no wildcard'
            )
          }
        }

        t.ok((entry.matchConditions ?? []).length > 0, 'calls only when there is something to evaluate')
        for (const { name, expression } of entry.matchConditions ?? []) {
          t.same(unguarded(expression), [], `${name} is total`)
        }
      })
    }
  })

  t.test(`${overlay}: the names`, { skip }, async (t) => {
    for (const phase of ['mutate', 'validate']) {
      const names = entriesOf(render(`overlays/${overlay}`)).flatMap((it) => (it.phase === phase ? it.name : []))
      t.equal(new Set(names).size, names.length, 'are unique')
      for (const name of names) t.ok(name.split('.').length >= 3, `${name} has three segments`)
    }
  })
}

// A server-side apply cannot take an entry away while cainjector owns its caBundle, and a client-side one not after a
// server-side one: what an overlay had not, would go on enforcing behind it. docs/upgrade-holdfast.md has what to do
// where a release has to drop or rename one.
t.test('every overlay has every entry', { skip }, async (t) => {
  const expected = ['', 'warn.', 'audit.'].flatMap((prefix) => BARE_NAMES.map((name) => `${prefix}${name}`)).sort()
  for (const overlay of overlays) {
    const names = entriesOf(render(`overlays/${overlay}`)).map(({ name }) => name)
    t.same(names.sort(), expected, overlay)
  }
})

t.test('entries that differ in mode differ in nothing else', { skip }, async (t) => {
  const bodies = new Map<string, object>()
  for (const overlay of overlays) {
    for (const entry of entriesOf(render(`overlays/${overlay}`))) {
      const { name, namespaceSelector, clientConfig, ...body } = entry
      const first = bodies.get(bareName(entry))
      if (first === undefined) bodies.set(bareName(entry), body)
      else t.same(body, first, `${overlay}: ${name}`)
    }
  }
  t.same([...bodies.keys()].sort(), BARE_NAMES)
})

t.test('the README has each of them', async (t) => {
  const rows = readFileSync(`${root}README.md`, 'utf8').matchAll(/^\| `(\w+\.(?:mutate|validate))` \|/gm)
  t.same([...rows].map(([, name]) => `${name}.holdfast.dev`).sort(), BARE_NAMES)
})

t.test('no two entries of a phase ask for the same', { skip }, async (t) => {
  const asked = new Map<string, string>()
  for (const { phase, name, rules = [] } of entriesOf(render('base')).filter((it) => bareName(it) === it.name)) {
    for (const { apiGroups = [], operations = [], resources = [] } of rules) {
      for (const operation of operations) {
        for (const resource of resources) {
          const what = [phase, operation, ...apiGroups, resource].join(' ')
          t.equal(asked.get(what), undefined, `${what}: ${name}`)
          asked.set(what, name)
        }
      }
    }
  }
})

t.test('an update is seen if it changes a field that no update may change', { skip }, async (t) => {
  const expression = expressionOf('statefulsets.mutate.holdfast.dev')
  for (const field of new Set(IMMUTABLE_FIELDS.map(({ path }) => String(path[1])))) {
    const side = (object: string) =>
      String.raw`\(has\(${object}\.spec\.${field}\) \? ${object}\.spec\.${field} : (\[\]|\{\}|''|10)\)`
    t.match(expression, new RegExp(`${side('object')} != ${side('oldObject')}`), field)
  }
})

t.test('the annotation is the one that the policy sets', { skip }, async (t) => {
  const texts = [...expressionOf('statefulsets.mutate.holdfast.dev').matchAll(/'([\w.]+\/[\w-]+)' in/g)]
  t.same(
    texts.map(([, text]) => text),
    [HASH_ANNOTATION, HASH_ANNOTATION]
  )
})

function expressionOf(name: string): string {
  const entry = entriesOf(render('base')).find((it) => it.name === name)
  return (entry?.matchConditions ?? []).map(({ expression }) => expression).join('\n')
}

// An expression that errs skips the review (Ignore) or refuses the request (Fail), so none may err. A modest check, as
// conditions.e2e.ts asks the API server itself: every field on the way to one that is read must be tested for with has(),
// a list that the API server writes even when it is null (`"containers": null`, measured) must be compared with null, and
// a list must be measured before it is looked through, because an expression may not cost more than the CEL budget.
function unguarded(expression: string): string[] {
  const code = expression.replace(/'[^']*'|"[^"]*"/g, "''")
  const problems = new Set<string>()
  for (const [, path = '', call] of code.matchAll(/\b([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+)(\()?/g)) {
    const read = call === undefined ? path : path.slice(0, path.lastIndexOf('.'))
    if (ALWAYS.includes(read)) continue
    for (const step of stepsTo(read)) if (!code.includes(`has(${step})`)) problems.add(step)
    if (read.endsWith('.containers') && !code.includes(`${read} != null`)) problems.add(`${read} may be null`)
    if (path === `${read}.exists` && !CHEAP.includes(read) && !code.includes(`size(${read}) >`)) {
      problems.add(`${read} may be long`)
    }
  }
  return [...problems]
}

/** For `object.spec.template.spec`: `object.spec.template` and itself. */
function stepsTo(path: string): string[] {
  const names = path.split('.')
  return names
    .map((_, index) => names.slice(0, index + 1).join('.'))
    .filter((it) => it.includes('.') && !ALWAYS.includes(it))
}

t.test('the check for total expressions', async (t) => {
  const cases: [expression: string, problems: string[]][] = [
    ['has(object.spec.restartPolicy) && object.spec.restartPolicy == "Always"', []],
    ['object.spec.restartPolicy == "Always"', ['object.spec.restartPolicy']],
    ["has(c.image) && c.image.contains('a.b.c')", []],
    ["c.image.contains('a.b.c')", ['c.image']],
    ["has(c.image) && [c.image].exists(text, size(text) > 9 || text.contains('a'))", []],
    [
      'has(object.spec.containers) && object.spec.containers.exists(c, true)',
      ['object.spec.containers may be null', 'object.spec.containers may be long']
    ],
    ['has(t.metadata) && size(t.metadata.labels) > 0', ['t.metadata.labels']],
    ['has(object.spec.template.spec) && object.spec.template.spec != null', ['object.spec.template']]
  ]
  for (const [expression, problems] of cases) t.same(unguarded(expression), problems, expression)
})
