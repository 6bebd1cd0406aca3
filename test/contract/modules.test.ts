import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'

const SRC = join(import.meta.dirname, '../../src')

/** What a module may import from, besides itself. docs/architecture.md says why. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policies: ['core'],
  config: ['core', 'errors.ts', 'follow.ts'],
  admission: ['core', 'errors.ts'],
  certificates: ['errors.ts', 'replace-file.ts'],
  kubernetes: ['core', 'errors.ts'],
  inventory: ['core', 'kubernetes', 'errors.ts'],
  report: ['core', 'documentation.ts'],
  doctor: ['core', 'policies', 'documentation.ts'],
  upgrade: ['core', 'kubernetes', 'documentation.ts'],
  server: ['admission', 'certificates', 'core', 'errors.ts', 'follow.ts', 'version.ts'],
  commands: [
    'admission',
    'certificates',
    'config',
    'core',
    'doctor',
    'inventory',
    'kubernetes',
    'policies',
    'report',
    'server',
    'upgrade',
    'documentation.ts',
    'errors.ts',
    'replace-file.ts',
    'version.ts'
  ],
  'main.ts': ['commands', 'errors.ts'],
  'documentation.ts': ['version.ts'],
  'errors.ts': ['core', 'documentation.ts'],
  'follow.ts': [],
  'replace-file.ts': [],
  'version.ts': []
}

/** Words that belong to one module or to some files only. */
const BELONGS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/process\.env/, ['kubernetes/ask-version.ts', 'commands/colour.ts']],
  [/process\.exit\(/, ['commands/signal.ts']],
  [/console\./, []],
  [/'fast-json-patch'/, ['core/patch.ts']],
  [/has\((?:object|oldObject|c)\./, ['core/programs/match-conditions.ts']],
  [/'AdmissionReview'/, ['admission/review.ts', 'admission/response.ts']],
  [/'fastify'/, ['server/webhook.ts', 'server/health.ts', 'server/listen.ts']],
  [/'@kubernetes\/client-node'/, ['kubernetes/client-node.ts', 'kubernetes/kubeconfig.ts']],
  [/'@peculiar\/x509'/, ['certificates/issue.ts']],
  [
    /'@prometheus-io\/client'/,
    [
      'server/metrics.ts',
      'server/process-metrics.ts',
      'server/rotation-metrics.ts',
      'server/health.ts',
      'server/health-port.ts'
    ]
  ],
  [/'commander'/, ['main.ts', 'commands/']],
  [/'ajv'/, ['config/problems.ts']],
  [/'yaml'/, ['config/document.ts', 'inventory/yaml/rewrite.ts']],
  [/'js-yaml'/, ['inventory/yaml/parse.ts', 'inventory/yaml/lines.ts', 'inventory/yaml/schema.ts']],
  [/from 'diff'/, ['inventory/yaml/rewrite.ts']],
  // Elsewhere a link would be followed.
  [/writeFile|createWriteStream/, ['replace-file.ts']],
  [
    /createReadStream|readdir/,
    [
      'inventory/files/walk.ts',
      'inventory/files/propose.ts',
      'inventory/rendered/next-release.ts',
      'commands/scan/history.ts'
    ]
  ],
  [/'node:child_process'/, ['inventory/rendered/run-program.ts', 'kubernetes/']],
  [
    /new Date\(\)|Date\.now|performance\.now/,
    [
      'server/reviews.ts',
      'server/server.ts',
      'server/bodies.ts',
      'server/connections.ts',
      'server/health-port.ts',
      'commands/'
    ]
  ],
  // What lies beside the program itself, and what the kernel says of this process.
  [/readFileSync/, ['report/html/assets.ts', 'server/open-files.ts', 'version.ts']],
  [
    /readFile\b/,
    [
      'commands/configuration-file.ts',
      'commands/recreate/journal.ts',
      'commands/scan/history.ts',
      'certificates/key-pair.ts',
      'certificates/self-signed.ts',
      'inventory/rendered/next-release.ts',
      'kubernetes/ask-version.ts',
      'kubernetes/in-cluster.ts'
    ]
  ]
]

/** Packages that compute, and do nothing else, in the one file each that wraps them. */
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'core/patch.ts': ['fast-json-patch'],
  'core/values/canonical.ts': ['node:crypto']
}

interface Source {
  readonly file: string
  readonly module: string
  readonly text: string
}

const sources: readonly Source[] = globSync('**/*.ts', { cwd: SRC }).map((file) => ({
  file,
  module: file.split('/')[0] as string,
  text: readFileSync(join(SRC, file), 'utf8')
}))

function importsOf({ file, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target = '']) =>
    relative(SRC, join(SRC, file, '..', target))
  )
}

t.test('imports point inwards', async (t) => {
  t.ok(sources.length > 20, 'there is something to look at')
  for (const source of sources) {
    const allowed = MAY_IMPORT[source.module]
    t.ok(allowed, `${source.module} is a module that is listed here`)
    for (const target of importsOf(source)) {
      const module = target.split('/')[0] as string
      t.ok(module === source.module || allowed?.includes(module), `${source.file} → ${target}`)
    }
  }
})

/** What the folders of core may import of it, besides themselves; the files beside them may import all of them. */
const WITHIN_CORE: Readonly<Record<string, readonly string[]>> = {
  values: [],
  objects: ['values', 'cluster.ts', 'patch.ts', 'subject.ts'],
  programs: ['values', 'objects', 'set.ts', 'subject.ts']
}

t.test('values know no objects, and objects know no programs', async (t) => {
  const seen = new Set<string>()
  for (const source of sources.filter(({ file }) => /^core\/.+\//.test(file))) {
    const folder = source.file.split('/')[1] as string
    seen.add(folder)
    for (const target of importsOf(source)) {
      const part = target.split('/')[1] as string
      t.ok(part === folder || WITHIN_CORE[folder]?.includes(part), `${source.file} → ${target}`)
    }
  }
  t.strictSame([...seen].sort(), Object.keys(WITHIN_CORE).sort(), 'each folder of core is listed here')
})

t.test('an exported name means one thing', async (t) => {
  const declared = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)].map(([, name]) => ({
      name,
      file
    }))
  )
  t.ok(declared.length > 500, 'there is something to compare')
  for (const [name, places] of Map.groupBy(declared, ({ name }) => name)) {
    const files = places.map(({ file }) => file)
    // A policy's file exports it under one name, and the commands' folders have one shape.
    if (name === 'policy')
      t.ok(
        files.every((file) => file.startsWith('policies/')),
        'policy'
      )
    else t.equal(new Set(files).size, 1, `${name}: ${files.join(', ')}`)
  }
})

t.test('test mirrors src', async (t) => {
  const beside = ['bench', 'contract', 'e2e', 'fixtures', 'fuzz', 'helpers', 'manifests']
  const tests = globSync('**/*.test.ts', { cwd: join(SRC, '../test') })
  t.ok(tests.length > 100, 'there is something to look at')
  for (const file of tests) {
    const folder = file.split('/').slice(0, -1).join('/')
    if (!beside.includes(file.split('/')[0] as string)) t.ok(existsSync(join(SRC, folder)), `src/${folder}: ${file}`)
  }
})

t.test('core and policies do no I/O and read no clock', async (t) => {
  for (const { file, module, text } of sources) {
    if (module !== 'core' && module !== 'policies') continue
    const packages = [...text.matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name)
    t.strictSame(packages, PURE_PACKAGES[file] ?? [], `${file}: packages`)
    t.notMatch(
      text,
      /\basync\b|\bawait\b|Promise|setTimeout|Math\.random|\bfetch\(/,
      `${file}: synchronous and repeatable`
    )
  }
})

t.test('a plan is made without a cluster: only carrying it out takes one', async (t) => {
  for (const source of sources.filter(({ file }) => file.startsWith('upgrade/') && !file.includes('/carry-out/'))) {
    const modules = importsOf(source).map((target) => target.split('/').slice(0, 2).join('/'))
    t.notOk(
      modules.some((module) => module.startsWith('kubernetes/') || module === 'upgrade/carry-out'),
      source.file
    )
    t.notMatch(source.text, /\basync\b|\bawait\b|Promise/, source.file)
  }
})

t.test('words stay in their modules', async (t) => {
  for (const [word, places] of BELONGS) {
    const found = sources.filter(({ text }) => word.test(text)).map(({ file }) => file)
    const isAllowed = (file: string) =>
      places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place))
    for (const file of found) t.ok(isAllowed(file), `${word} in ${file}`)
  }
})

/** Packages that some files load before they run, themselves and by what they import. */
function packagesLoadedBy(...files: readonly string[]): string[] {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const follow = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const source = sources.find((one) => one.file === file)
    if (source === undefined) throw new Error(`there is no file ${file}`)
    for (const [, target = ''] of source.text.matchAll(/^(?:import|export)(?! type)[^;]*?from '([^']+)'/gm)) {
      if (target.startsWith('.')) follow(relative(SRC, join(SRC, file, '..', target)))
      else packages.add(target)
    }
  }
  for (const file of files) follow(file)
  return [...packages].filter((name) => !name.startsWith('node:')).sort()
}

t.test('a command loads what it needs, and nothing of what the others need', async (t) => {
  t.strictSame(packagesLoadedBy('main.ts'), ['commander'])
  const check = packagesLoadedBy('main.ts', 'commands/check/run.ts')
  t.strictSame(check, ['commander', 'fast-json-patch', 'js-yaml'], 'ajv and yaml are for settings, baselines and fixes')
})

t.test('the client of Kubernetes is loaded only when a connection is needed', async (t) => {
  const lines = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^.*(?:@kubernetes\/client-node|\/client-node\.ts)'.*$/gm)].map(
      ([line]) => `${file}: ${line.trim()}`
    )
  )
  t.strictSame(
    lines.sort(),
    [
      "kubernetes/client-node.ts: export { KubeConfig } from '@kubernetes/client-node'",
      "kubernetes/kubeconfig.ts: const { KubeConfig } = await import('./client-node.ts')",
      "kubernetes/kubeconfig.ts: import type { KubeConfig } from '@kubernetes/client-node'"
    ],
    'it costs 90 MB, which no server has to pay'
  )
})

t.test('no file outgrows its reader', async (t) => {
  for (const { file, text } of sources) t.ok(text.split('\n').length <= 260, `${file} is short`)
})
