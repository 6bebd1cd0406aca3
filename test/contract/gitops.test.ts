// The samples of docs/gitops.md: every name in them exists, in Holdfast's manifests or in the sample itself.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { render, skip } from '../manifests/render.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/gitops.md'), 'utf8')
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const REPOSITORY = 'https://github.com/holdfast-dev/holdfast'

interface Patch {
  target: { kind: string; name: string }
  patch: string
}

/** What the tests read of an Application, a Kustomization and its sources. */
interface Sample {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: each kind has another
  spec: any
}

/** Kinds that the tools have, in the version that they store. */
const KINDS = [
  'v1 Namespace',
  'argoproj.io/v1alpha1 Application',
  'helm.toolkit.fluxcd.io/v2 HelmRelease',
  'kustomize.toolkit.fluxcd.io/v1 Kustomization',
  'source.toolkit.fluxcd.io/v1 GitRepository',
  'source.toolkit.fluxcd.io/v1 HelmRepository'
]

const blocks = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => parseAllDocuments(yaml))
const samples = blocks.flat().map((document) => document.toJS() as Partial<Sample>)
const isWhole = (sample: Partial<Sample>): sample is Sample => 'kind' in sample
const objects = samples.filter(isWhole)

function only(kind: string, name: string): Sample {
  const found = objects.filter((it) => it.kind === kind && it.metadata.name === name && it.spec)
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name}, found ${found.length}`)
  return found[0] as Sample
}

t.test('every block is YAML, and every object has a kind that is known', async (t) => {
  t.ok(blocks.length > 5)
  for (const document of blocks.flat()) t.strictSame([...document.errors, ...document.warnings], [])
  for (const { apiVersion, kind } of objects) t.ok(KINDS.includes(`${apiVersion} ${kind}`), `${apiVersion} ${kind}`)
})

t.test('Argo CD: Holdfast comes after cert-manager', async (t) => {
  const wave = (name: string) =>
    Number(only('Application', name).metadata.annotations?.['argocd.argoproj.io/sync-wave'])
  t.ok(wave('holdfast') > wave('cert-manager'))
  const { source, syncPolicy } = only('Application', 'holdfast').spec
  t.ok(syncPolicy.retry.limit > 1, 'and tries again where it was too early')
  t.strictSame([source.repoURL, source.targetRevision], [REPOSITORY, `v${VERSION}`])
  await isInstallable(t, source.path, source.kustomize.patches)
})

t.test('Flux: Holdfast comes after cert-manager', async (t) => {
  const { dependsOn, sourceRef, path, patches, retryInterval } = only('Kustomization', 'holdfast').spec
  t.ok(retryInterval, 'and tries again where it was too early')
  for (const { name } of dependsOn)
    t.equal(only('Kustomization', name).spec.wait, true, `${name} says when it is ready`)
  const { url, ref } = only(sourceRef.kind, sourceRef.name).spec
  t.strictSame([url, ref.tag], [REPOSITORY, `v${VERSION}`])
  await isInstallable(t, path, patches)

  const release = only('HelmRelease', 'cert-manager')
  const source = release.spec.chart.spec.sourceRef
  t.equal(only(source.kind, source.name).metadata.namespace, release.metadata.namespace)
  const [, directory = ''] = /^# (\S+)\/release\.yaml$/m.exec(PAGE) ?? []
  t.equal(only('Kustomization', 'cert-manager').spec.path, `./${directory}`, 'the directory that its comment names')
})

/** A path of this checkout, whose manifests have what the patches change, with a configuration that is valid. */
async function isInstallable(t: Test, path: string, patches: Patch[]): Promise<void> {
  t.ok(existsSync(join(ROOT, path, 'kustomization.yaml')), path)
  await t.test('its patches', { skip }, async (t) => {
    const manifests = render(join(ROOT, path))
    t.ok(patches.length > 0)
    for (const { target, patch } of patches) {
      const found = manifests.find(({ kind, metadata }) => kind === target.kind && metadata.name === target.name)
      t.ok(found, `${target.kind} ${target.name}`)
      for (const { path: pointer, value } of parse(patch) as { path: string; value: string }[]) {
        t.equal(pointer, '/data/config.yaml')
        t.doesNotThrow(() => parseConfiguration(value, 'config.yaml', POLICIES), 'the configuration')
      }
    }
  })
}
