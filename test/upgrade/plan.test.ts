import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { JsonObject } from '../../src/core/values/json.ts'
import { type UpgradePlan, upgradePlanFor, upgradePlanForRemoved } from '../../src/upgrade/plan.ts'
import { planMarkdown, planText } from '../../src/upgrade/plan-text.ts'
import { claimTemplate, type StatefulSetParts, statefulSet } from '../fixtures/objects.ts'
import { subjectOf } from '../fixtures/reviews.ts'

const OPERATOR = { labels: { 'app.kubernetes.io/managed-by': 'prometheus-operator' } }
const HELM = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'pgw' }
const GOLD = { volumeAttributesClassName: 'gold' }
const DELETE = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' } }
const LOOK = 'Pre-checks'
const KEEP = 'Keep the PVCs'
const RESIZE = 'Resize the PVCs'
const ATTRIBUTES = 'Change the attributes of the volumes'
const ORPHAN = 'Delete the StatefulSet and nothing else'
const REMOVE = 'Delete the StatefulSet with its Pods'
const UPGRADE = 'Upgrade again'
const RESTART = 'Restart Pods that have the old name'
const COPY = 'Copy the data'
const VERIFY = 'Verify'

/** A StatefulSet whose claim template has this label; nothing else differs between two of them. */
function labelled(v: string, parts: StatefulSetParts = {}): JsonObject {
  return statefulSet({ templates: [claimTemplate({ name: 'data', labels: { v } })], ...parts })
}

function labelChange(parts: StatefulSetParts = {}): UpgradePlan {
  return upgradePlanFor(subjectOf(labelled('2', parts), labelled('1', parts)))
}

function change(before: StatefulSetParts, after: StatefulSetParts = before): UpgradePlan {
  return upgradePlanFor(subjectOf(statefulSet(after), statefulSet(before)))
}

function commandsOf({ steps }: UpgradePlan, title?: string): string[] {
  const chosen = title === undefined ? steps : steps.filter((step) => step.title === title)
  return chosen.flatMap(({ parts }) => parts.flatMap((part) => ('run' in part ? part.run : [])))
}

t.test('without replicas there is nothing to change one by one, and no empty block of commands', async (t) => {
  const none = { replicas: 0, updateStrategy: { type: 'OnDelete' } }
  const plan = change(
    { templates: [claimTemplate({ size: '1Gi' })], spec: none },
    {
      templates: [claimTemplate({ size: '2Gi', spec: { ...GOLD, resources: { requests: { storage: '2Gi' } } } })],
      spec: { ...none, serviceName: 'other' }
    }
  )
  for (const title of [RESIZE, ATTRIBUTES, RESTART]) {
    const said = plan.steps.find((step) => step.title === title)?.parts ?? []
    t.ok(
      said.some((part) => 'say' in part && part.say === 'There is none to change: the StatefulSet has no replicas.'),
      title
    )
  }
  t.notMatch(planMarkdown([plan]), /```sh\n\n?```/)
})

t.test('what becomes of a StatefulSet', async (t) => {
  const moved = { templates: [claimTemplate({ size: '9Gi' })] }
  const table: readonly (readonly [string, UpgradePlan, string, RegExp])[] = [
    ['new', upgradePlanFor(subjectOf(statefulSet(), undefined)), 'new', /nothing to replace/],
    ['gone', upgradePlanForRemoved(subjectOf(statefulSet(), undefined)), 'gone', /its Pods stop; its PVCs stay/],
    [
      'gone, with its PVCs',
      upgradePlanForRemoved(subjectOf(statefulSet({ spec: DELETE }), undefined)),
      'gone',
      /its PVCs and their data go with it/
    ],
    [
      'gone, and never had any',
      upgradePlanForRemoved(subjectOf(statefulSet({ templates: undefined }), undefined)),
      'gone',
      /its Pods stop\.$/
    ],
    [
      'gone, and had none to delete',
      upgradePlanForRemoved(subjectOf(statefulSet({ templates: [], spec: DELETE }), undefined)),
      'gone',
      /its Pods stop\.$/
    ],
    ['the same', change({}), 'passes', /goes through as it is/],
    ['another image', change({ image: 'a' }, { image: 'b' }), 'passes', /goes through as it is/],
    ["prometheus-operator's", change(OPERATOR, { ...OPERATOR, ...moved }), 'recreates', /Its PVCs stay\.$/],
    [
      "prometheus-operator's, with its PVCs",
      change({ ...OPERATOR, spec: DELETE }, { ...OPERATOR, ...moved }),
      'recreates',
      /Set it to Retain first, in the object .* belongs to, and go on when no PVC has an owner .* keeps its own\.$/
    ],
    ["prometheus-operator's, the same", change(OPERATOR), 'passes', /goes through as it is/],
    ['labels', labelChange(), 'blocked', /around its Pods: they stay, and so do its PVCs\.$/],
    ['labels, with Delete', labelChange({ spec: DELETE }), 'blocked', /in their order, or the PVCs and their data/],
    [
      'a selector',
      change({ selector: { a: '1' } }, { selector: { a: '2' } }),
      'blocked',
      /its Pods stop, because a new/
    ]
  ]
  for (const [name, recipe, fate, summary] of table) {
    t.equal(recipe.fate, fate, name)
    t.match(recipe.summary, summary, name)
    t.equal(recipe.steps.length > 0, fate === 'blocked', `${name}: steps`)
  }
})

t.test('which steps, in which order', async (t) => {
  const [data, logs] = [claimTemplate({ name: 'data' }), claimTemplate({ name: 'logs' })]
  const sized = (size: string) => ({ templates: [claimTemplate({ name: 'data', size })] })
  const attributes = (name?: string) => ({
    templates: [claimTemplate({ name: 'data', spec: { volumeAttributesClassName: name } })]
  })
  const table: readonly (readonly [string, UpgradePlan, readonly string[]])[] = [
    ['labels', labelChange(), [LOOK, ORPHAN, UPGRADE, VERIFY]],
    ['labels, with Delete', labelChange({ spec: DELETE }), [LOOK, KEEP, ORPHAN, UPGRADE, VERIFY]],
    ['a larger size', change(sized('1Gi'), sized('2Gi')), [LOOK, RESIZE, ORPHAN, UPGRADE, VERIFY]],
    ['a smaller size', change(sized('2Gi'), sized('1Gi')), [LOOK, ORPHAN, UPGRADE, VERIFY]],
    [
      'other attributes of volumes',
      change(attributes('silver'), attributes('gold')),
      [LOOK, ATTRIBUTES, ORPHAN, UPGRADE, VERIFY]
    ],
    ['no attributes, which PVCs keep', change(attributes('silver'), attributes()), [LOOK, ORPHAN, UPGRADE, VERIFY]],
    ['a service', change({ spec: { serviceName: 'a' } }), []],
    [
      'another service',
      change({ spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' } }),
      [LOOK, ORPHAN, UPGRADE, RESTART, VERIFY]
    ],
    [
      'another service and selector: new Pods have the new name',
      change({ selector: { a: '1' }, spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' } }),
      [LOOK, REMOVE, UPGRADE, VERIFY]
    ],
    ['another name', change({ templates: [data] }, { templates: [logs] }), [LOOK, REMOVE, UPGRADE, COPY, VERIFY]],
    ['a template more', change({ templates: [data] }, { templates: [data, logs] }), [LOOK, REMOVE, UPGRADE, VERIFY]],
    ['a template less', change({ templates: [data, logs] }, { templates: [data] }), [LOOK, ORPHAN, UPGRADE, VERIFY]]
  ]
  for (const [name, { steps }, titles] of table) {
    t.strictSame(
      steps.map(({ title }) => title),
      titles,
      name
    )
  }
})

t.test('commands', async (t) => {
  const sizes = (spec: JsonObject) =>
    change(
      { templates: [claimTemplate({ name: 'data', size: '1Gi' })], spec },
      { templates: [claimTemplate({ name: 'data', size: '2Gi' })], spec }
    )
  const patch = `-n monitoring -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'`
  const serviced = (spec: JsonObject) =>
    change({ spec: { ...spec, serviceName: 'a' } }, { spec: { ...spec, serviceName: 'b' } })
  const table: readonly (readonly [string, UpgradePlan, string, readonly string[]])[] = [
    ['delete', labelChange(), ORPHAN, ['kubectl delete statefulset --cascade=orphan pgw -n monitoring']],
    [
      'delete with Pods',
      change({ selector: { a: '1' } }, { selector: { a: '2' } }),
      REMOVE,
      ['kubectl delete statefulset pgw -n monitoring']
    ],
    ['apply', labelChange(), UPGRADE, ['kubectl apply -n monitoring -f FILE']],
    ['a release by its labels', labelChange({ labels: HELM }), UPGRADE, ['helm upgrade pgw CHART -n monitoring']],
    [
      'a release by the labels of old charts',
      labelChange({ labels: { heritage: 'Helm', release: 'old' } }),
      UPGRADE,
      ['helm upgrade old CHART -n monitoring']
    ],
    [
      'a release by its annotations',
      labelChange({
        labels: HELM,
        annotations: { 'meta.helm.sh/release-name': 'mine', 'meta.helm.sh/release-namespace': 'releases' }
      }),
      UPGRADE,
      ['helm upgrade mine CHART -n releases']
    ],
    [
      'a release without a name',
      labelChange({ labels: { 'helm.sh/chart': 'x' } }),
      UPGRADE,
      ['helm upgrade RELEASE CHART -n monitoring']
    ],
    [
      'each PVC, from the first ordinal on',
      sizes({ replicas: 2, ordinals: { start: 3 } }),
      RESIZE,
      [
        'kubectl get storageclass -o custom-columns=CLASS:.metadata.name,EXPANDS:.allowVolumeExpansion',
        `kubectl patch pvc data-pgw-3 ${patch}`,
        `kubectl patch pvc data-pgw-4 ${patch}`
      ]
    ],
    [
      'many PVCs',
      sizes({ replicas: 30 }),
      RESIZE,
      [
        'kubectl get storageclass -o custom-columns=CLASS:.metadata.name,EXPANDS:.allowVolumeExpansion',
        `for i in $(seq 0 29); do kubectl patch pvc data-pgw-$i ${patch}; done`
      ]
    ],
    [
      'a restart',
      serviced({}),
      RESTART,
      [
        'kubectl get pods -n monitoring -l app=pgw -o custom-columns=POD:.metadata.name,SERVICE:.spec.subdomain',
        'kubectl rollout restart statefulset pgw -n monitoring'
      ]
    ],
    ...[{ type: 'OnDelete' }, { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }].map(
      (updateStrategy) =>
        [
          `a restart by hand: ${updateStrategy.type}`,
          serviced({ updateStrategy, replicas: 2 }),
          RESTART,
          [
            'kubectl get pods -n monitoring -l app=pgw -o custom-columns=POD:.metadata.name,SERVICE:.spec.subdomain',
            'kubectl delete pod pgw-0 -n monitoring',
            'kubectl delete pod pgw-1 -n monitoring'
          ]
        ] as const
    ),
    [
      'copying, where scaling would delete the PVCs',
      change({ spec: { ...DELETE, replicas: 3 } }, { templates: [], spec: DELETE }),
      COPY,
      []
    ],
    [
      'copying where scaling would delete the PVCs',
      change({}, { templates: [claimTemplate({ name: 'data' })], spec: { ...DELETE, replicas: 3 } }),
      COPY,
      [
        `kubectl patch statefulset pgw -n monitoring -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenScaled":"Retain"}}}'`,
        'kubectl scale statefulset pgw -n monitoring --replicas=0',
        'kubectl scale statefulset pgw -n monitoring --replicas=3'
      ]
    ]
  ]
  for (const [name, recipe, title, commands] of table) t.strictSame(commandsOf(recipe, title), commands, name)
  t.match(commandsOf(labelChange(), VERIFY)[0], /rollout status statefulset pgw/)
  t.notMatch(
    commandsOf(labelChange({ spec: { updateStrategy: { type: 'OnDelete' } } })).join('\n'),
    /rollout status/,
    'kubectl does not wait for OnDelete'
  )
  t.match(
    planText([
      upgradePlanFor({ ...subjectOf(labelled('2'), labelled('1')), namespace: '' }, { file: "it's new.yaml" })
    ]),
    "    kubectl apply -f 'it'\\''s new.yaml'\n",
    'without a namespace, and with a file that needs quotes'
  )
})

t.test('PVCs that scaling down left behind are looked for', async (t) => {
  const commands = commandsOf(labelChange({ spec: DELETE }), KEEP)
  t.strictSame(commands, [
    `kubectl patch statefulset pgw -n monitoring -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain"}}}'`,
    `kubectl get pvc -n monitoring -o jsonpath='{range .items[?(@.metadata.ownerReferences)]}{.metadata.name}{" "}{.metadata.ownerReferences[*].name}{"\\n"}{end}'`,
    `kubectl patch pvc CLAIM -n monitoring --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'`
  ])
  t.match(
    commandsOf(labelChange(), LOOK).at(-1),
    /whenDeleted/,
    'and where Delete is not in the files, it is asked for'
  )
  t.equal(commandsOf(labelChange({ spec: DELETE }), LOOK).length, 2)
})

t.test('nothing from a file reaches a shell that is more than a name', async (t) => {
  const evil = "'; reboot #\n$(reboot)"
  const parts = (size: string, serviceName: string): StatefulSetParts => ({
    name: evil,
    labels: { ...HELM, 'app.kubernetes.io/instance': evil },
    selector: { app: evil },
    templates: [claimTemplate({ name: evil, size })],
    spec: { serviceName, ...DELETE }
  })
  const subject = { ...subjectOf(statefulSet(parts('2Gi', 'b')), statefulSet(parts('1Gi', 'a'))), namespace: evil }
  const recipe = upgradePlanFor(subject)
  for (const command of commandsOf(recipe)) t.notMatch(command, /reboot/, command)
  t.match(commandsOf(recipe, RESIZE)[1], /^kubectl patch pvc TEMPLATE-NAME-0 -n NAMESPACE -p /)
  t.match(commandsOf(recipe, UPGRADE), ['helm upgrade RELEASE CHART -n NAMESPACE'])
  const text = planText([recipe])
  t.match(text, /^Replace words in capitals, such as CHART\./)
  t.notMatch(text, /^\$\(reboot\)/m, 'a line break in a name ends no line')

  const odd = upgradePlanFor(subjectOf(statefulSet(parts("2Gi'; reboot", 'b')), statefulSet(parts('1Gi', 'b'))))
  t.strictSame(commandsOf(odd, RESIZE), [], 'nor does a size that is none')
})

t.test('a shell reads every command as one', async (t) => {
  const recipes = [
    labelChange({ spec: { ...DELETE, replicas: 30 } }),
    change({ spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' }, templates: [claimTemplate({ size: '9Gi' })] }),
    change({}, { templates: [claimTemplate({ name: 'data' })] })
  ]
  for (const command of recipes.flatMap((recipe) => commandsOf(recipe))) {
    t.equal(spawnSync('/bin/sh', ['-n', '-c', command]).status, 0, command)
  }
})

t.test('as text', async (t) => {
  const text = planText([labelChange()])
  t.equal(
    text.split('\n\nWithout deleting')[0],
    `Replace words in capitals, such as CHART.

StatefulSet monitoring/pgw
   No update can make this change. The StatefulSet is deleted and created again around its Pods:
   they stay, and so do its PVCs.
   What changes: labels of claim template "data" change: v "1" → "2".

1. Pre-checks
   What runs may differ from the files that were compared. Keep it, and back up the volumes if
   you can.

    kubectl get statefulset pgw -n monitoring -o yaml > pgw.before.yaml
    kubectl get pods,pvc -n monitoring -l app=pgw

   Deleting the StatefulSet must not delete its PVCs. The output has to be Retain or empty:

    kubectl get statefulset pgw -n monitoring -o jsonpath='{.spec.persistentVolumeClaimRetentionPolicy.whenDeleted}{"\\n"}'

   Where it says Delete, stop here and compare with what runs: --previous pgw.before.yaml.

2. Delete the StatefulSet and nothing else
   Its Pods keep running (pgw-0), but a Pod that fails is not replaced until the new StatefulSet
   exists. Its PVCs stay: data-pgw-0. If Argo CD or Flux applies it, push the new version to Git
   first.

    kubectl delete statefulset --cascade=orphan pgw -n monitoring

3. Upgrade again
   Apply the new version as usual. The StatefulSet is created. It adopts the Pods, and replaces
   them one after the other where their template changed.

    kubectl apply -n monitoring -f FILE

4. Verify
   All Pods become ready, and the PVCs are unchanged. OWNER has to be pgw everywhere; <none> is
   a Pod that the StatefulSet did not adopt.

    kubectl rollout status statefulset pgw -n monitoring --timeout=10m
    kubectl get pods -n monitoring -l app=pgw -o 'custom-columns=POD:.metadata.name,OWNER:.metadata.ownerReferences[*].name,STARTED:.status.startTime'
    kubectl get pvc -n monitoring -l app=pgw`
  )
  const all = [labelChange({ spec: DELETE }), change({}), change({}, { templates: [claimTemplate({ size: '9Gi' })] })]
  for (const width of [80, 96, 100]) {
    for (const line of planText(all, width).split('\n'))
      t.ok(line.length <= width || line.startsWith('    '), `${width}: ${line}`)
  }
  t.match(planText(all), /^2 StatefulSets have to be replaced\./)
  t.match(
    planText([change({})]),
    /^StatefulSet monitoring\/pgw\n {3}No immutable field changes: [^\n]+\n$/,
    'no more than that'
  )
  t.equal(planText([]), 'The compared manifests contain no StatefulSet.\n')
})

t.test('what holds for all of them', async (t) => {
  const safe = planText([labelChange()])
  const risky = planText([labelChange({ spec: DELETE })])
  t.match(safe, /without --cascade=orphan: all Pods stop/)
  t.notMatch(safe, /their data is lost/)
  t.match(risky, /their data is lost/)
  t.match(risky, /force: true of a Flux\s+Kustomization.*whenDeleted is Delete/s)
  t.match(safe, 'onChange: restore')
  const service = change({ spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' } })
  t.notMatch(planText([service]), 'onChange: restore', 'only labels are restored')
  t.match(planText([labelChange({ name: 'mine' }), service]), /For mine: only labels/)
})

t.test('what it says about GitOps stands in docs/gitops.md', async (t) => {
  const page = readFileSync(new URL('../../docs/gitops.md', import.meta.url), 'utf8')
  const [, ...snippets] = [...planMarkdown([labelChange()]).matchAll(/```yml\n([^`]+)```/g)].map(
    ([, yaml = '']) => yaml
  )
  t.equal(snippets.length, 2)
  for (const line of snippets.flatMap((yaml) => yaml.trimEnd().split('\n'))) t.ok(page.includes(`${line}\n`), line)
})

t.test('as Markdown', async (t) => {
  const text = planMarkdown([labelChange({ name: 'a_b*c', labels: { x: '```' } })])
  t.match(text, /^Replace words in capitals[^\n]+\n\n## `StatefulSet monitoring\/a_b\*c`\n\nNo update/)
  t.match(text, '### 1. Pre-checks\n\nWhat runs')
  t.match(text, '```sh\nkubectl delete statefulset --cascade=orphan NAME -n monitoring\n```')
  t.match(text, '\\<none\\>', 'what looks like markup is text')
  t.match(text, '- kubectl replace --force')
  const ticks = upgradePlanFor(subjectOf(labelled('```'), labelled('1')))
  t.match(planMarkdown([ticks]), /\n````text\nlabels of claim template "data" change: v "1" → "```"\n````\n/)
  t.equal(planMarkdown([]), 'The compared manifests contain no StatefulSet.\n')
})

t.test('PVCs do not keep what a step has changed', async (t) => {
  const gold = { templates: [claimTemplate({ name: 'data', spec: { volumeAttributesClassName: 'gold' } })] }
  const fast = { templates: [claimTemplate({ name: 'data', spec: { storageClassName: 'fast' } })] }
  const plain = { templates: [claimTemplate({ name: 'data' })] }
  t.notMatch(planText([change(plain, gold)]), /Existing PVCs do not change/)
  t.match(planText([change(plain, fast)]), /Existing PVCs do not change/)
})

t.test('every step of which recreate knows nothing is for the reader alone', async (t) => {
  const everything = change(
    { templates: [claimTemplate({ name: 'data', size: '1Gi' })], spec: { serviceName: 'a', ...DELETE } },
    { templates: [claimTemplate({ name: 'data', size: '2Gi' })], spec: { serviceName: 'b' } }
  )
  t.strictSame(
    everything.steps.map(({ action }) => action),
    [
      { do: 'save' },
      { do: 'keep-claims' },
      {
        do: 'resize-claims',
        resizes: [
          { what: 'resize-claims-first', template: 'data', resource: 'requests.storage', from: '1Gi', to: '2Gi' }
        ]
      },
      { do: 'delete', cascade: 'orphan' },
      { do: 'create' },
      { do: 'restart-pods', through: 'template' },
      { do: 'verify' }
    ]
  )
  const renamed = change(
    { templates: [claimTemplate({ name: 'data' })] },
    { templates: [claimTemplate({ name: 'logs' })] }
  )
  const unknown = renamed.steps.filter(({ action }) => action === undefined)
  t.strictSame(
    unknown.map(({ title }) => title),
    [COPY]
  )
})
