// What is shipped: which packages are in it, which of them a command loads, and what their licences want to be passed on.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import t from 'tap'
import { ASSETS, bundle, packagesIn, ROOT, thirdPartyLicences } from '../../scripts/bundle.ts'
import { filesIn } from '../helpers/files.ts'

const { metafile, outputFiles = [] } = await bundle()
const packages = packagesIn(metafile)

/** An output and all that it imports before it runs. */
function outputsOf(entry: string): ReadonlySet<string> {
  const outputs = new Set<string>()
  const follow = (path: string): void => {
    if (outputs.has(path)) return
    outputs.add(path)
    for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !external) follow(next)
    }
  }
  follow(`dist/${entry}.js`)
  return outputs
}

/** Packages in these. */
function loadedBy(entry: string): readonly string[] {
  const subset = Object.fromEntries([...outputsOf(entry)].map((path) => [path, metafile.outputs[path]]))
  return packagesIn({ ...metafile, outputs: subset as typeof metafile.outputs }).map(({ name }) => name)
}

t.test('it asks for nothing but Node.js', async (t) => {
  const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter((one) => one.external))
  t.ok(external.length > 20, 'there is something to look at')
  for (const { path } of external) t.ok(isBuiltin(path), path)
})

t.test('all commands are in it', async (t) => {
  const commands = globSync('src/commands/*/command.ts', { cwd: ROOT }).map((file) => file.split('/')[2] as string)
  t.ok(commands.length > 8)
  const lists = new Set(commands.map((command) => `dist/${command}.js`))
  const missing = [...lists].filter((path) => metafile.outputs[path] === undefined)
  t.strictSame(missing, ['dist/completion.js'], 'with a file each, but what needs no more than the command line itself')
})

t.test('a command loads what it needs, and nothing of what the others need', async (t) => {
  t.strictSame(loadedBy('main'), ['commander'])
  t.strictSame(loadedBy('check'), ['commander', 'fast-json-patch', 'js-yaml'])
  const serve = loadedBy('serve')
  for (const name of ['fastify', '@prometheus-io/client', 'pino']) t.ok(serve.includes(name), `serve loads ${name}`)
  for (const name of ['@kubernetes/client-node', '@peculiar/x509', 'commander', 'diff', 'js-yaml', 'undici'])
    t.notOk(serve.includes(name), `serve does not load ${name}`)
  const scan = loadedBy('scan')
  for (const name of ['@kubernetes/client-node', 'fastify']) t.notOk(scan.includes(name), `scan does not load ${name}`)
})

t.test('what the server loads is ASCII: any other character doubles what V8 keeps of a file', async (t) => {
  for (const output of outputsOf('serve')) {
    const { text = '', contents } = outputFiles.find(({ path }) => path === join(ROOT, output)) ?? {}
    t.equal(text.length, contents?.length, `${output}: as many characters as bytes`)
  }
})

t.test('of the client of Kubernetes, the connection only', async (t) => {
  const client = packages.find(({ name }) => name === '@kubernetes/client-node')
  t.ok(client !== undefined && client.bytes < 150_000, `${client?.bytes} bytes of 17 MB`)
})

/** Licences that allow to pass the code on in a program under Apache-2.0, and ask for their text at most. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense']

t.test('licences of the packages', async (t) => {
  t.ok(packages.length > 40)
  const sections = thirdPartyLicences(packages)
    .split(`\n${'='.repeat(80)}\n\n`)
    .slice(1)
  t.equal(sections.length, packages.length)
  for (const [index, { name, version, license }] of packages.entries()) {
    t.ok(LICENCES.includes(license), `${name}: ${license}`)
    t.ok(sections[index]?.startsWith(`${name}@${version} (${license})\n`), `${name}@${version} is named`)
    if (!WITHOUT_TEXT.includes(name)) t.match(sections[index], /copyright|licen[cs]e/i, `${name}: with its text`)
    else t.match(sections[index], /Published without the text of its licence, by [A-Z]/, `${name} still has none`)
  }
})

/** Packages that publish no file with their licence: its name and the author are all there is. */
const WITHOUT_TEXT = ['abstract-logging']

t.test('the build', async (t) => {
  const target = join(filesIn({}), 'dist')
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.ts'), target])
  t.equal(status, 0, String(stderr))
  const outputs = Object.keys(metafile.outputs).map((path) => basename(path))
  const assets = ASSETS.map((path) => basename(path))
  t.ok(assets.length > 1)
  t.equal(new Set([...outputs, ...assets]).size, outputs.length + assets.length, 'no file replaces another')
  t.strictSame(
    globSync('**/*.*', { cwd: target }).sort(),
    [...outputs, ...assets, 'THIRD-PARTY-LICENSES.txt'].sort(),
    'writes the bundle, the assets and the licences, and nothing else'
  )
  for (const file of ASSETS) t.equal(readFileSync(join(target, basename(file)), 'utf8'), readFileSync(file, 'utf8'))
  t.notOk(existsSync(join(target, 'node_modules')))
})
