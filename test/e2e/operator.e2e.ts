// Objects of prometheus-operator on a real API server: the webhook, `scan` and what is said where there are none of them.

import type { JsonObject } from '../../src/core/values/json.ts'
import { claimed, prometheusAgent, prometheusObject } from '../fixtures/prometheus.ts'
import { applyOperatorCrds, deleteOperatorCrds } from './harness/operator-crds.ts'
import { findingsIn, type Scanner, scannerOf } from './harness/scan-command.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'

const CONFIG = `
policies:
  operator-storage-change: { mode: enforce }
`

endToEnd('objects of prometheus-operator', { wholeCluster: true }, async (t, stage) => {
  const server = await stage.holdfast({ configuration: CONFIG })
  await stage.install('cluster-wide', server)
  const scanner = await scannerOf(stage)
  try {
    await t.test('a cluster without the CRDs', (t) => without(t, stage, scanner))
    await applyOperatorCrds(stage)
    await t.test('what the webhook says', (t) => webhook(t, stage))
    await t.test('what a scan says', (t) => scanned(t, stage, scanner))
    await t.test('a scan that may not list them', (t) => denied(t, stage, scanner))
  } finally {
    await deleteOperatorCrds(stage)
    scanner.dispose()
  }
})

/** Rules may name what is not there, and a scan that misses it has read everything. */
async function without(t: Test, stage: Stage, { scan }: Scanner): Promise<void> {
  const namespace = await stage.namespace()
  const { code, report } = await scan(['-n', namespace])
  t.strictSame([code, report.problems], [0, []])
  t.match(report.notes, [/^Not checked, because the cluster does not have them: prometheuses, .*alertmanagers\.$/])
}

async function webhook(t: Test, stage: Stage): Promise<void> {
  const namespace = await stage.namespace()
  const apply = (object: JsonObject) => stage.run(['apply', '-n', namespace, '-f', '-'], bare(object))

  const bad = await apply(prometheusObject({ replicas: 2, storage: undefined, affinity: undefined }))
  t.equal(bad.code, 0, 'warned about')
  for (const words of [
    'Warning: Holdfast prometheus-storage: would reject: the TSDB of the Prometheus at "/prometheus" uses an emptyDir',
    'Warning: Holdfast prometheus-availability: would reject: no rule prevents the 2 replicas of Prometheus'
  ]) {
    t.ok(bad.stderr.includes(words), words)
  }

  const good = await apply(prometheusObject({ replicas: 2 }))
  t.match(good.stderr, /^Warning: Holdfast operator-storage-change: the claim template comes in the place of/, 'mended')
  const before = await stage.calls()
  await stage.run(['label', '-n', namespace, 'prometheus/k8s', 'a=b'])
  await stage.kubectl([
    'patch',
    'prometheus/k8s',
    '--type=merge',
    '--subresource=status',
    '-p={"status":{"replicas":2}}',
    '-n',
    namespace
  ])
  t.equal(await stage.calls(), before, 'neither labels nor a status, which the operator writes, are a call')

  const larger = prometheusObject({ replicas: 2, storage: claimed('200Gi') })
  const refused = await apply(larger)
  t.equal(refused.code, 1)
  t.match(
    refused.stderr,
    /^The Prometheus "k8s" is invalid: spec\.storage\.volumeClaimTemplate: the claim template changes \(spec\.resources\.requests\.storage "100Gi" → "200Gi"\)/m
  )
  const paused = await apply(prometheusObject({ replicas: 2, storage: claimed('200Gi'), paused: true }))
  t.strictSame([paused.code, paused.stderr], [0, ''], 'paused, the operator does nothing')
  t.strictSame((await apply(larger)).code, 0, 'and the claim template is what it was when the pause ends')

  const agent = await apply(prometheusAgent({ resources: {} }))
  t.match(agent.stderr, /the PrometheusAgent has no memory limit/, 'of another version of the API')
}

/** Stored while nobody looks. */
async function store(stage: Stage, namespace: string): Promise<string[]> {
  await stage.run(['label', 'namespace', namespace, 'holdfast.dev/mode=off', '--overwrite'])
  const object = prometheusObject({ replicas: 2, storage: undefined })
  await stage.kubectl(['apply', '-n', namespace, '-f', '-'], { input: JSON.stringify(bare(object)) })
  await stage.run(['label', 'namespace', namespace, 'holdfast.dev/mode-'])
  return [`${namespace}/Prometheus/k8s prometheus-storage warned`]
}

async function scanned(t: Test, stage: Stage, { scan }: Scanner): Promise<void> {
  const namespace = await stage.namespace()
  const expected = await store(stage, namespace)
  const { code, report } = await scan(['-n', namespace, '--fail-on=warn'])
  t.strictSame(findingsIn(report), expected)
  t.strictSame([code, report.problems, report.judged], [1, [], 1])
  t.match(report.objects[0]?.findings[0], { field: 'spec.storage', remediation: /prometheusSpec\.storageSpec in kube/ })
}

async function denied(t: Test, stage: Stage, { scan, as }: Scanner): Promise<void> {
  const namespace = await stage.namespace()
  await store(stage, namespace)
  const within = ['-n', namespace]
  await stage.kubectl(['create', 'serviceaccount', 'reader', ...within])
  const listable = 'pods,statefulsets.apps,deployments.apps,daemonsets.apps,replicasets.apps'
  await stage.kubectl(['create', 'role', 'reader', '--verb=list', `--resource=${listable}`, ...within])
  const subject = `--serviceaccount=${namespace}:reader`
  await stage.kubectl(['create', 'rolebinding', 'reader', '--role=reader', subject, ...within])
  const { stdout: token } = await stage.kubectl(['create', 'token', 'reader', ...within])
  const { code, report } = await scan([...within], as(token.trim()))
  t.strictSame([code, report.problems, report.objects], [0, [], []], 'what may be read is without a fault')
  const note = `Not checked, because they may not be listed: prometheuses in the namespace ${namespace}, `
  t.ok(report.notes[0]?.startsWith(note), note)
}

/** Without a namespace: kubectl says which. */
function bare(object: JsonObject): object {
  const { namespace: _, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata }
}
