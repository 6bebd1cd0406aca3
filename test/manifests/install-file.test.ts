// The files of a release: what `kubectl apply -k` of an overlay would send, object by object.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { VERSION } from '../../src/version.ts'
import { type Manifest, overlays, render, skip } from './render.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/build-manifests.ts')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-install-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function build(name: string, PATH = process.env.PATH): { status: number | null; stderr: string; directory: string } {
  const directory = join(folder, name)
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--out', directory], {
    env: { ...process.env, PATH },
    encoding: 'utf8'
  })
  return { status, stderr, directory }
}

t.test('one file per overlay, with its objects in its order', { skip }, async (t) => {
  const { status, stderr, directory } = build('one')
  t.strictSame([status, stderr], [0, ''])
  t.strictSame(readdirSync(directory).sort(), overlays.map((overlay) => `install-${overlay}.yaml`).sort())
  for (const overlay of overlays) {
    const text = readFileSync(join(directory, `install-${overlay}.yaml`), 'utf8')
    // As kubectl reads it: YAML 1.1, in which an unquoted off is a boolean.
    const objects = parseAllDocuments(text, { schema: 'yaml-1.1' }).map((document) => document.toJS() as Manifest)
    t.strictSame(objects, render(`overlays/${overlay}`), overlay)
    t.equal(objects[0]?.kind, 'Namespace', `${overlay}: the namespace is there before what is in it`)
    t.match(text.split('\n')[0], `# Holdfast ${VERSION}, ${overlay}: `, overlay)
  }
})

t.test('two builds do not differ', { skip }, async (t) => {
  const [one, other] = [build('first').directory, build('second').directory]
  for (const name of readdirSync(one)) {
    t.equal(readFileSync(join(one, name), 'utf8'), readFileSync(join(other, name), 'utf8'), name)
  }
})

t.test('without kubectl, it says what is missing and writes nothing', async (t) => {
  const { status, stderr, directory } = build('nothing', '/nonexistent')
  t.equal(status, 1)
  t.match(stderr, /^kubectl is not on the PATH, .+ Install kubectl 1\.32 or later\.\n$/)
  t.throws(() => readdirSync(directory))
})
