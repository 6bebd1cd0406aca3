import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { withoutManagedFields } from '../../src/admission/managed-fields.ts'
import { decodeReview } from '../../src/admission/review.ts'
import { type Decision, decisionFor } from '../../src/core/decide.ts'
import { labelsOf, metadataOf, specOf } from '../../src/core/objects/metadata.ts'
import type { ConfiguredPolicy } from '../../src/core/policy.ts'
import type { Phase } from '../../src/core/subject.ts'
import type { JsonObject } from '../../src/core/values/json.ts'
import { chartStatefulSet } from '../fixtures/pushgateway-chart.ts'
import { subjectOf } from '../fixtures/reviews.ts'
import { context, defaultPolicies, policiesWith } from '../helpers/configured.ts'

/**
 * Reviews that were recorded from a real kube-apiserver, and charts rendered by Helm. They come from other projects and
 * lie beside the checkout, not in it: where they are absent, this says so and the fixtures of the project have to do.
 */
const SHARED = join(import.meta.dirname, '../../../shared')
const REVIEWS = join(SHARED, 'reviews')
const RENDERED = join(SHARED, 'rendered')

const skipped = (folder: string): { skip: string | false } => ({
  skip: existsSync(folder) ? false : `${folder} is absent`
})

const VOLATILE = 'warned claim-template-labels'
const UNUSED = 'warned pushgateway-persistence'
const BARE = 'warned prometheus-resources,warned prometheus-availability'
const OLD_SHARDS = 'warned kube-state-metrics-shards'
const CHANGED = 'denied claim-template-labels'
const STOPS = 'patched pushgateway-graceful-stop'

/** What is said about each recording; all others are let through without a word. */
const SPOKEN: Readonly<Record<string, readonly [said: string, ...patch: string[]]>> = {
  'ksm-5.20.0-install.validate.create-statefulset-ksm-kube-state-metrics': [OLD_SHARDS],
  'ksm-5.20.0-label.validate.update-statefulset-ksm-kube-state-metrics': [OLD_SHARDS],
  'ksm-5.20.0-label.mutate.update-statefulset-ksm-kube-state-metrics': ['warned autosharding-labels'],
  'pgw-2.16.0-install.validate.create-statefulset-pgw-prometheus-pushgateway': [`${VOLATILE},${UNUSED}`],
  'pgw-label.validate.update-statefulset-pgw-prometheus-pushgateway': [UNUSED],
  'prom-deploy-2-existingclaim.validate.create-deployment-prom-prometheus-server': [`denied shared-tsdb-claim,${BARE}`],
  'prom-sts-2.validate.create-statefulset-prom-prometheus-server': [BARE],
  'pgw-2.16.0-to-2.17.0-apply.mutate.update-statefulset-pgw-prometheus-pushgateway': [CHANGED],
  'pgw-2.16.0-to-2.17.0-dryrun.mutate.update-statefulset-dryrun-pgw-prometheus-pushgateway': [CHANGED],
  'pgw-2.16.0-to-3.0.0-serverside.mutate.update-statefulset-pgw-prometheus-pushgateway': [CHANGED],
  'pgw-2.16.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0': [STOPS, 'add /spec/containers/0/lifecycle'],
  'pgw-deploy-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-76d7bc777d': [
    STOPS,
    'add /spec/containers/0/lifecycle'
  ],
  'pgw-lifecycle-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0': [
    STOPS,
    'replace /spec/terminationGracePeriodSeconds'
  ],
  'pgw-lifecycle-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0.10': [
    STOPS,
    'replace /spec/terminationGracePeriodSeconds'
  ],
  'pgw-lifecycle-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0.11': [
    STOPS,
    'replace /spec/terminationGracePeriodSeconds'
  ],
  'pgw-lifecycle-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0.12': [
    STOPS,
    'replace /spec/terminationGracePeriodSeconds'
  ],
  'pgw-lifecycle-3.8.0-install.mutate.create-pod-pgw-prometheus-pushgateway-0.13': [
    STOPS,
    'replace /spec/terminationGracePeriodSeconds'
  ]
}

t.test('every recorded review', skipped(REVIEWS), async (t) => {
  const names = readdirSync(REVIEWS).map((file) => file.replace(/\.json$/, ''))
  t.ok(names.length > 50)
  for (const name of Object.keys(SPOKEN)) t.ok(names.includes(name), `${name} was recorded`)
  for (const name of names) {
    const decision = answerTo(recorded(name), phaseOf(name), defaultPolicies())
    const [said = '', ...patch] = SPOKEN[name] ?? []
    const heard = new Set((decision?.verdicts ?? []).map(({ outcome, policy }) => `${outcome} ${policy}`))
    t.equal([...heard].join(), said, name)
    t.equal(decision?.allowed ?? true, !said.startsWith('denied'), `${name}: allowed`)
    t.strictSame(
      (decision?.operations ?? []).map(({ op, path }) => `${op} ${path}`),
      patch,
      `${name}: patch`
    )
  }
})

t.test('the recorded upgrades with restore: exactly the old claim templates', skipped(REVIEWS), async (t) => {
  for (const [name, [said]] of Object.entries(SPOKEN)) {
    if (said !== CHANGED) continue
    const review = recorded(name)
    const decision = answerTo(review, 'mutate', restoring())
    const { object, oldObject } = review.request as { object: JsonObject; oldObject: JsonObject }
    const expected = {
      ...object,
      spec: { ...specOf(object), volumeClaimTemplates: specOf(oldObject).volumeClaimTemplates }
    }
    t.equal(decision?.allowed, true, name)
    t.strictSame(decision?.object, expected, name)
  }
})

t.test('rendered charts are what the fixtures say they are', skipped(RENDERED), async (t) => {
  for (const version of renderedVersions()) {
    const [rendered, fixture] = [renderedStatefulSet(version), chartStatefulSet(version)]
    t.strictSame(specOf(rendered).selector, specOf(fixture).selector, `${version}: selector`)
    t.strictSame(claimLabels(rendered), claimLabels(fixture), `${version}: labels of the claim template`)
  }
})

t.test('upgrades between rendered charts', skipped(RENDERED), async (t) => {
  const versions = renderedVersions()
  t.ok(versions.length > 8)
  for (const [index, to] of versions.entries()) {
    for (const from of versions.slice(0, index)) {
      const [before, after] = [renderedStatefulSet(from), renderedStatefulSet(to)]
      const decideWith = (policies: readonly ConfiguredPolicy[]): Decision =>
        decisionFor(subjectOf(after, before, ['mutate']), policies, context())
      t.equal(decideWith(defaultPolicies()).allowed, from >= '3', `${from} → ${to}`)
      t.equal(decideWith(restoring()).allowed, !from.startsWith('1.'), `${from} → ${to} with restore`)
    }
  }
})

function phaseOf(name: string): Phase {
  return name.includes('.mutate.') ? 'mutate' : 'validate'
}

function recorded(name: string): JsonObject {
  return JSON.parse(readFileSync(join(REVIEWS, `${name}.json`), 'utf8'))
}

function answerTo(review: JsonObject, phase: Phase, policies: readonly ConfiguredPolicy[]): Decision | undefined {
  const { subject } = decodeReview(review, phase)
  return subject && decisionFor(subject, policies, context())
}

function restoring(): readonly ConfiguredPolicy[] {
  return policiesWith({ onChange: 'restore' })
}

/** Versions of the Pushgateway chart that were rendered as StatefulSet with a volume, oldest first. */
function renderedVersions(): string[] {
  const versions = readdirSync(RENDERED).flatMap(
    (file) => /^prometheus-pushgateway-(.+)\.sts-pv\.yaml$/.exec(file)?.[1] ?? []
  )
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
}

function renderedStatefulSet(version: string): JsonObject {
  const text = readFileSync(join(RENDERED, `prometheus-pushgateway-${version}.sts-pv.yaml`), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as JsonObject)
  return documents.find((document) => document?.kind === 'StatefulSet') ?? {}
}

function claimLabels(set: JsonObject): unknown {
  const [template = {}] = specOf(set).volumeClaimTemplates as JsonObject[]
  return metadataOf(template).labels
}

/** What each rendered chart is told, as if it were installed now. Those that are not named are told nothing. */
const RENDERED_FINDINGS: Readonly<Record<string, readonly string[]>> = {
  'prometheus-29.27.0.deploy-2-default': ['shared-tsdb-claim', 'prometheus-resources', 'prometheus-availability'],
  'prometheus-29.27.0.deploy-2-existingclaim': ['shared-tsdb-claim', 'prometheus-resources', 'prometheus-availability'],
  'prometheus-29.27.0.sts-2': ['prometheus-resources', 'prometheus-availability'],
  'prometheus-29.27.0.sts-2-nopv': ['prometheus-storage', 'prometheus-resources', 'prometheus-availability'],
  'prometheus-29.27.0.sts-2-hardened': [],
  'kube-state-metrics-5.20.0.autosharding-2': ['kube-state-metrics-shards'],
  'kube-state-metrics-5.21.0.autosharding-2': ['kube-state-metrics-shards']
}

t.test('what rendered charts are told', skipped(RENDERED), async (t) => {
  const files = readdirSync(RENDERED).map((file) => file.replace(/\.yaml$/, ''))
  for (const name of Object.keys(RENDERED_FINDINGS)) t.ok(files.includes(name), `${name} is rendered`)
  for (const name of files) {
    const told = workloadsIn(name).flatMap((object) => {
      const subject = subjectOf(object, undefined)
      return decisionFor(subject, defaultPolicies(), context()).verdicts.map(({ policy }) => policy)
    })
    t.strictSame([...new Set(told)], RENDERED_FINDINGS[name] ?? expectedOfPushgateway(name), name)
  }
})

t.test('a label of kube-state-metrics that changes', skipped(RENDERED), async (t) => {
  const table = {
    '5.20.0': ['autosharding-labels'],
    '5.21.0': ['autosharding-labels'],
    '5.22.0': [],
    '8.4.0': []
  } as const
  for (const [version, expected] of Object.entries(table)) {
    const [set = {}] = workloadsIn(`kube-state-metrics-${version}.autosharding-2`)
    const changed = { ...set, metadata: { ...metadataOf(set), labels: { ...labelsOf(set), 'helm.sh/chart': 'other' } } }
    const { verdicts } = decisionFor(subjectOf(changed, set, ['mutate']), defaultPolicies(), context())
    t.strictSame(
      verdicts.map(({ policy }) => policy),
      expected,
      version
    )
  }
})

/** Before 3.0.0 the chart labels its claim template; in all versions it mounts a volume without using it. */
function expectedOfPushgateway(name: string): string[] {
  const version = /^prometheus-pushgateway-(.+)\.sts-pv$/.exec(name)?.[1]
  if (version === undefined) return []
  return [...(version < '3' ? ['claim-template-labels'] : []), 'pushgateway-persistence']
}

function workloadsIn(name: string): JsonObject[] {
  const documents = parseAllDocuments(readFileSync(join(RENDERED, `${name}.yaml`), 'utf8'))
  const objects = documents.map((document) => document.toJS() as JsonObject | null)
  return objects.filter(
    (object) => object !== null && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(String(object.kind))
  ) as JsonObject[]
}

t.test('a real API server writes managedFields where they are left out before parsing', skipped(REVIEWS), async (t) => {
  let found = 0
  for (const file of readdirSync(REVIEWS).filter((name) => name.endsWith('.json'))) {
    const review = JSON.parse(readFileSync(join(REVIEWS, file), 'utf8'))
    const { object } = review.request
    if (object?.metadata?.managedFields === undefined || object.spec === undefined) continue
    found++
    t.strictSame(
      JSON.parse(withoutManagedFields(JSON.stringify(review))).request.object.metadata.managedFields,
      [],
      file
    )
  }
  t.ok(found > 5, `${found} have some`)
})
