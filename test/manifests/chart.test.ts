// The chart and the overlays are one thing: what Helm renders is what kustomize renders, object by object.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { AXES } from '../../scripts/chart/axes.ts'
import { valuesTable, withVersion } from '../../scripts/chart/documents.ts'
import { templateOf } from '../../scripts/chart/emit.ts'
import { merged } from '../../scripts/chart/merge.ts'
import { chartTemplates, HEAD } from '../../scripts/chart/templates.ts'
import { VERSION } from '../../src/version.ts'
import { CHART, helms, noHelm, template } from './helm-template.ts'
import { type Entry, type Manifest, only, overlays, renderWith, root, skip } from './render.ts'

// Each case runs Helm, and most of them kubectl.
t.setTimeout(240_000)

const NAMESPACE = 'holdfast-system'
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const PROVIDED = { certificate: { source: 'provided', provided: { caBundle: CA } } }
const values = readFileSync(join(CHART, 'values.yaml'), 'utf8')

interface Offer {
  readonly title: string
  readonly values: object
  readonly components: readonly string[]
}

/** What the chart offers on top of a mode, one by one and all at once. */
const OFFERS: readonly Offer[] = [
  { title: 'the defaults', values: {}, components: [] },
  { title: 'priority', values: { priority: { enabled: true } }, components: ['priority'] },
  { title: 'api-server-token', values: { apiServerToken: { enabled: true } }, components: ['api-server-token'] },
  { title: 'cert-controller', values: { certificate: { source: 'cert-controller' } }, components: ['cert-controller'] },
  { title: 'monitoring', values: { monitoring: { enabled: true } }, components: ['monitoring'] },
  { title: 'scan', values: { scan: { enabled: true } }, components: ['scan'] },
  {
    title: 'scan and scan-reports',
    values: { scan: { enabled: true, reports: { enabled: true } } },
    components: ['scan', 'scan-reports']
  },
  { title: 'static-certificate', values: PROVIDED, components: ['static-certificate'] },
  {
    title: 'all of them',
    values: {
      ...PROVIDED,
      priority: { enabled: true },
      apiServerToken: { enabled: true },
      scan: { enabled: true, reports: { enabled: true } },
      monitoring: { enabled: true }
    },
    components: ['scan', 'scan-reports', 'priority', 'api-server-token', 'static-certificate', 'monitoring']
  },
  {
    title: 'all of them, with cert-controller',
    values: {
      certificate: { source: 'cert-controller' },
      priority: { enabled: true },
      apiServerToken: { enabled: true },
      scan: { enabled: true, reports: { enabled: true } },
      monitoring: { enabled: true }
    },
    components: ['scan', 'scan-reports', 'priority', 'api-server-token', 'cert-controller', 'monitoring']
  }
]

t.test('every component that the chart offers is compared, in every mode', async (t) => {
  const offered = AXES.flatMap(({ choices }) => choices.flatMap(({ components = [] }) => components))
  t.strictSame([...new Set(OFFERS.flatMap(({ components }) => components))].sort(), offered.sort())
  t.strictSame(
    AXES.flatMap(({ choices }) => choices.flatMap(({ overlay }) => overlay ?? [])).sort(),
    [...overlays].sort()
  )
})

for (const { program, version } of helms.values()) {
  for (const overlay of overlays) {
    for (const { title, values, components } of OFFERS) {
      t.test(`Helm ${version}, ${overlay}, ${title}`, { skip }, async (t) => {
        const { manifests } = template(program, NAMESPACE, { mode: overlay, ...values })
        t.strictSame(comparable(manifests), comparable(renderWith(overlay, components)))
        const bundles = bundlesIn(manifests)
        t.equal(bundles.length, 12, 'four entries in three modes')
        const wanted = components.includes('static-certificate') ? Buffer.from(CA).toString('base64') : undefined
        for (const bundle of bundles) t.equal(bundle, wanted, 'caBundle')
      })
    }
  }

  t.test(`Helm ${version}: what helm template prints may be applied`, async (t) => {
    const { hooks } = template(program, NAMESPACE, {})
    t.strictSame(
      hooks.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
      ['Pod/holdfast-test'],
      'the hooks of an uninstall would turn Holdfast off'
    )
  })

  // One that is a number, which has to stay a text.
  for (const namespace of ['guardrails', '2024']) {
    t.test(`Helm ${version} in the namespace ${namespace}`, { skip }, async (t) => {
      const scanned = { scan: { enabled: true, reports: { enabled: true } } }
      const text = JSON.stringify(renderWith('cluster-wide', ['scan', 'scan-reports']))
      const { manifests, hooks } = template(program, namespace, { mode: 'cluster-wide', ...scanned })
      t.strictSame(comparable(manifests), comparable(JSON.parse(text.replaceAll(NAMESPACE, namespace))))
      t.notMatch(JSON.stringify(hooks), NAMESPACE)
    })
  }
}

t.test('Helm', { skip: noHelm }, async (t) => t.ok(helms.size))

t.test('the templates are what the manifests make', { skip }, async (t) => {
  const templates = chartTemplates(values)
  const present = (name: string): string => readFileSync(join(CHART, 'templates', name), 'utf8')
  const written = globSync('*.yaml', { cwd: join(CHART, 'templates') }).filter((name) => present(name).startsWith(HEAD))
  t.strictSame(written.sort(), [...templates.keys()].sort(), 'and no file is left over')
  for (const [name, text] of templates) t.equal(present(name), text, `${name}: npm run generate writes it`)
})

t.test('a default that the manifests do not have is refused', { skip }, async (t) => {
  const changed = values.replace('replicas: 2', 'replicas: 3')
  t.throws(() => chartTemplates(changed), { message: /values\.yaml: replicas has to be 2, as in Deployment/ })
})

t.test('two components that change one field are refused', async (t) => {
  const axis = (name: string) => ({ expression: `.Values.${name}`, choices: [{ value: false }, { value: true }] })
  const alternatives = ['a', 'b'].map((name) => ({ axis: axis(name), value: true, tree: { field: name } }))
  t.throws(() => merged({ field: 'c' }, alternatives, 'Deployment/x'), {
    message: 'Deployment/x.field: differs by .Values.a and .Values.b'
  })
})

t.test('what Prometheus and Grafana expand stays as it is', async (t) => {
  const text = templateOf({
    node: { type: 'value', value: { legend: '{{pod}} in holdfast-system', json: 'a\n{{b}}\n' } }
  })
  t.equal(text, 'json: |\n  a\n  {{ "{{" }}b}}\nlegend: "{{ "{{" }}pod}} in {{ .Release.Namespace }}"\n')
})

t.test('a value without a comment is refused', async (t) => {
  const page = valuesTable('# One.\na: 1\n\nb:\n  # Two,\n  # in two lines.\n  c: []\n')
  t.ok(page.includes('\n| `b.c` | `[]` | Two, in two lines. |\n'), page)
  t.throws(() => valuesTable('# One.\na: 1\n\nb:\n  c: []\n'), { message: 'values.yaml: b.c has no comment' })
})

t.test('the versions', async (t) => {
  const text = readFileSync(join(CHART, 'Chart.yaml'), 'utf8')
  const chart = parseYaml(text)
  t.strictSame([chart.version, chart.appVersion], [VERSION, VERSION])
  const next = withVersion(text.replaceAll(VERSION, '9.9.9'))
  t.equal(next, text, 'each mention of the version is one that npm run generate writes')
  const [, minor] = /Holdfast needs Kubernetes 1\.(\d+) or later/.exec(read('docs/kubernetes-versions.md')) ?? []
  t.equal(chart.kubeVersion, `>=1.${minor}.0-0`, 'as docs/kubernetes-versions.md says')
})

function read(file: string): string {
  return readFileSync(join(root, '..', file), 'utf8')
}

/**
 * What means the same is the same: in any order of the objects and of the entries of a webhook configuration, each of
 * which has a name. Without the namespace, which Helm creates, and without caBundle, which the manifests leave open.
 */
function comparable(manifests: readonly Manifest[]): Manifest[] {
  const kept = manifests.filter(({ kind }) => kind !== 'Namespace')
  const text = JSON.stringify(kept, (key, value) => (key === 'caBundle' ? undefined : value))
  return (JSON.parse(text) as (Manifest & { webhooks?: Entry[] })[])
    .map((manifest) => {
      const { webhooks, ...rest } = withoutEmptyAnnotations(manifest)
      return webhooks
        ? { ...rest, webhooks: webhooks.toSorted((one, other) => (one.name < other.name ? -1 : 1)) }
        : rest
    })
    .toSorted(byKey)
}

function bundlesIn(manifests: readonly Manifest[]): (string | undefined)[] {
  const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']
  return kinds.flatMap((kind) =>
    only<{ webhooks: Entry[] }>(manifests, kind).webhooks.map(({ clientConfig }) => clientConfig.caBundle)
  )
}

/** A component that removes the only annotation leaves an empty map. */
function withoutEmptyAnnotations<M extends Manifest>({ metadata, ...rest }: M) {
  const { annotations, ...others } = metadata
  const isEmpty = annotations === undefined || Object.keys(annotations).length === 0
  return { ...rest, metadata: isEmpty ? others : metadata }
}

function byKey(one: Manifest, other: Manifest): number {
  const key = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`
  return key(one) < key(other) ? -1 : 1
}
