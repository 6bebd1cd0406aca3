// What a release is made of, and whether the package works where the checkout is not: in an empty folder, offline, and
// with nothing beside it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, globSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { sectionOf } from '../../scripts/changelog.ts'
import { OPERATOR_RESOURCES } from '../../src/core/objects/kinds.ts'
import { collectionPath } from '../../src/kubernetes/list.ts'
import { VERSION } from '../../src/version.ts'
import { fakeCluster, NOTHING_BESIDE } from '../helpers/fake-cluster.ts'
import { filesIn } from '../helpers/files.ts'
import { post } from '../helpers/post.ts'
import { helms, noHelm } from '../manifests/helm-template.ts'
import { skip as noKubectl } from '../manifests/render.ts'

// npm packs and installs, and a dozen processes follow, one after the other.
t.setTimeout(300_000)

const ROOT = join(import.meta.dirname, '../..')
const OUT = filesIn({})
const INSTALLED = filesIn({})
const BIN = join(INSTALLED, 'node_modules/holdfast/bin/holdfast.cjs')

/** Without what tap sets, or the process would be taken for a part of this one. */
const ENV = {
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  HOME: process.env.HOME ?? '',
  npm_config_update_notifier: 'false'
}

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(command: string, args: readonly string[], cwd: string, env = ENV): Run {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

const LEFT_OUT = ['.git', '.tap', 'coverage', 'dist', 'node_modules', 'release']

t.test('the files of a release', async (t) => {
  // In a copy, because packing builds, and other tests run what is built here.
  const copy = filesIn({})
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const [helm] = helms.values()
  const env = helm === undefined ? ENV : { ...ENV, HELM: helm.program }
  const made = run(process.execPath, ['scripts/release-assets.ts', '--out', OUT], copy, env)
  t.equal(made.code, 0, made.stderr)
  const files = [`holdfast-${VERSION}.cdx.json`, `holdfast-${VERSION}.tar.gz`, `holdfast-${VERSION}.tgz`, 'krew.yaml']
  if (noHelm === false) files.push(`holdfast-chart-${VERSION}.tgz`)
  else t.match(made.stderr, 'Not here: the chart')
  if (noKubectl === false) for (const mode of ['audit', 'cluster-wide', 'opt-in']) files.push(`install-${mode}.yaml`)
  else t.match(made.stderr, 'Not here: install-*.yaml')
  t.strictSame(globSync('*', { cwd: OUT }).sort(), [...files, 'checksums.txt', 'notes.md'].sort())

  const digest = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(OUT, file)))
      .digest('hex')
  const checksums = readFileSync(join(OUT, 'checksums.txt'), 'utf8')
  t.equal(
    checksums,
    files
      .sort()
      .map((file) => `${digest(file)}  ${file}\n`)
      .join(''),
    'as sha256sum reads them'
  )

  const krew = parse(readFileSync(join(OUT, 'krew.yaml'), 'utf8')).spec.platforms[0]
  t.equal(krew.sha256, digest(basename(krew.uri)), 'krew finds the archive that is there')
  const listed = run('tar', ['-tzf', join(OUT, basename(krew.uri))], OUT).stdout.split('\n')
  for (const file of [krew.bin, 'dist/main.js', 'LICENSE']) t.ok(listed.includes(`./${file}`), `${file} is in it`)
  t.match(readFileSync(join(OUT, 'notes.md'), 'utf8'), /^### /, 'the notes are the section of the changelog')

  const tagged = run(process.execPath, ['scripts/release-assets.ts', '--out', join(OUT, 'x'), '--tag', 'v9.9.9'], copy)
  t.equal(tagged.code, 1, 'a tag of another version ends it')
  t.match(tagged.stderr, `the version of v9.9.9: it is ${VERSION}`)
})

t.test('a section of the changelog', async (t) => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-01-02\n\n### Added\n\n- a\n\n## [1.0.0] - unreleased\n\n- b\n'
  t.strictSame(sectionOf(changelog, '1.1.0'), { date: '2026-01-02', text: '### Added\n\n- a' })
  t.strictSame(sectionOf(changelog, '1.0.0'), { date: 'unreleased', text: '- b' })
  t.strictSame(sectionOf(changelog, 'Unreleased'), { date: 'unreleased', text: '' })
  t.equal(sectionOf(changelog, '1.1'), undefined)
})

t.test('it installs offline, and brings no package along', async (t) => {
  const flags = ['--offline', '--omit=optional', '--no-audit', '--no-fund', '--prefix', INSTALLED]
  const { code, stderr } = run('npm', ['install', ...flags, join(OUT, `holdfast-${VERSION}.tgz`)], INSTALLED)
  t.equal(code, 0, stderr)
  t.strictSame(globSync('node_modules/*', { cwd: INSTALLED }), ['node_modules/holdfast'])
  for (const name of ['holdfast', 'kubectl-holdfast'])
    t.equal(run(join(INSTALLED, 'node_modules/.bin', name), ['--version'], INSTALLED).stdout, `${VERSION}\n`, name)
})

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: nginx }] }\n'
const SET = (version: string) => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: pgw, namespace: a }
spec:
  volumeClaimTemplates: [{ metadata: { name: data, labels: { version: '${version}' } } }]
`

/** What an empty cluster answers with. */
const LISTED = [
  ...Object.keys(NOTHING_BESIDE),
  '/api/v1/namespaces',
  '/api/v1/pods',
  ...['statefulsets', 'deployments', 'daemonsets', 'replicasets'].map((resource) => `/apis/apps/v1/${resource}`),
  ...OPERATOR_RESOURCES.map((resource) => collectionPath(resource))
]

t.test('the commands of the installed package', async (t) => {
  const cwd = filesIn({ 'pod.yaml': POD, 'old.yaml': SET('1'), 'new.yaml': SET('2') })
  const cluster = await fakeCluster(t, Object.fromEntries(LISTED.map((path) => [path, []])))
  const table: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['check', 'pod.yaml'], 0, /checked/],
    [['check', '--previous=old.yaml', 'new.yaml'], 1, /claim-template-labels/],
    [['check', 'pod.yaml', '-o', 'html'], 0, /<style>[^<]{1000,}<\/style>[\s\S]*<script>\/\*[^<]{100,}/],
    ...['json', 'sarif', 'junit', 'github', 'markdown'].map(
      (format) => [['check', '--previous=old.yaml', 'new.yaml', '-o', format], 1, /pgw/] as const
    ),
    [['policies'], 0, /claim-template-labels/],
    [['policies', 'claim-template-labels'], 0, /\nMore:\nhttps:/],
    [['completion', 'bash'], 0, /complete .*holdfast/],
    [['init'], 0, /\.holdfast\.yaml/],
    [['check', '--config=.holdfast.yaml'], 0, /checked/],
    [['check', '--previous=old.yaml', 'new.yaml', '--write-baseline=known.yaml'], 0, /known\.yaml/],
    [['explain-upgrade', '--previous=old.yaml', 'new.yaml'], 1, /--cascade=orphan/],
    [['scan', '--help'], 0, /--kubeconfig/],
    [['certs', 'tls', '--hosts=localhost'], 0, /tls\/ca\.crt/],
    [['recreate', '--help'], 0, /--dry-run/]
  ]
  for (const [args, code, says] of table) {
    const ran = run(process.execPath, [BIN, ...args], cwd)
    t.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`)
    t.match(ran.stdout, says, args.join(' '))
  }
  // The API server answers in this process, which must not wait.
  const args = [BIN, 'scan', '-A', `--kubeconfig=${cluster.kubeconfig}`]
  const scan = spawn(process.execPath, args, { cwd, env: ENV, stdio: ['ignore', 'ignore', 'inherit'] })
  const [scanned] = await once(scan, 'close')
  t.equal(scanned, 0, 'scan, with the connection of client-node')
  t.match(cluster.asked.join(), '/api/v1/namespaces', 'and it asked for what is there')
})

/** Reads until it has said both, and goes on listening, so that the process can write. */
function serving(child: ChildProcess): Promise<{ port: number; hint: string }> {
  let log = ''
  return new Promise((resolve, reject) => {
    child.on('close', () => reject(new Error(`ended without serving: ${log}`)))
    child.stdout?.on('data', (chunk) => {
      log += chunk
      const lines = log.split('\n').filter((line) => line.endsWith('}'))
      const [hint, port] = ['try', 'port'].map((field) => lines.map((line) => JSON.parse(line)[field]).find(Boolean))
      if (hint !== undefined && port !== undefined) resolve({ hint, port })
    })
  })
}

t.test('the installed server answers what it offers to try', async (t) => {
  const cwd = filesIn({ 'config.yaml': 'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n' })
  const flags = ['--bind-address=127.0.0.1', '--port=0', '--health-port=0', '--drain-delay=0s', '--config=config.yaml']
  const child = spawn(process.execPath, [BIN, 'serve', ...flags], {
    cwd,
    env: ENV,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'close')
  t.teardown(() => child.kill('SIGKILL'))
  const { port, hint } = await serving(child)
  const [, ca, review] = /^curl --cacert (\S+) -H '[^']+' -d @(\S+) https:\S+\/mutate$/.exec(hint) ?? []
  t.ok(ca && review, hint)
  const { response, text } = await post(
    { port, path: '/mutate', ca: readFileSync(join(cwd, ca ?? '')), servername: 'localhost' },
    readFileSync(review ?? '', 'utf8')
  )
  t.equal(response.statusCode, 200)
  t.match(JSON.parse(text), { response: { allowed: false, status: { code: 422 } } })
  child.kill('SIGTERM')
  t.strictSame(await ended, [0, null], 'and it drains')
})

t.test('a compile cache is read, and one that cannot be used does no harm', async (t) => {
  // As the image has it: beside no package, for which Node.js would not strip types.
  const app = filesIn({})
  const cache = join(app, 'cache')
  cpSync(join(INSTALLED, 'node_modules/holdfast'), app, { recursive: true })
  cpSync(join(ROOT, 'scripts/compile-cache.ts'), join(app, 'scripts/compile-cache.ts'))
  const made = run(process.execPath, [join(app, 'scripts/compile-cache.ts'), cache], app)
  t.equal(made.code, 0, made.stderr)
  const files = globSync('*/*', { cwd: cache })
  t.ok(files.length > 5, 'one for each file that serve loads')

  const env = { ...ENV, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
  const version = (directory: string) =>
    spawnSync(process.execPath, [join(app, 'bin/holdfast.cjs'), '--version'], {
      env: { ...env, NODE_COMPILE_CACHE: directory },
      encoding: 'utf8'
    })
  t.match(version(cache).stderr, /main\.js[^\n]*(?:accepted|success)/i)
  const readOnly = filesIn({})
  chmodSync(readOnly, 0o555)
  for (const directory of [readOnly, join(app, 'package.json')])
    t.match(version(directory), { status: 0, stdout: `${VERSION}\n` }, `${directory} is no directory to write to`)
})
