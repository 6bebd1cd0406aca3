// The bill of materials names what is shipped, and nothing else.

import { spawnSync } from 'node:child_process'
import t from 'tap'
import { bundle, packagesIn, ROOT } from '../../scripts/bundle.ts'
import { type Bom, shippedOf } from '../../scripts/shipped-bom.ts'
import { VERSION } from '../../src/version.ts'

const { metafile } = await bundle()
const packages = packagesIn(metafile)

t.test('npm run sbom', async (t) => {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'sbom'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28
  })
  t.equal(status, 0, stderr)
  const bom = JSON.parse(stdout)
  t.match(bom, { bomFormat: 'CycloneDX', specVersion: /^1\.\d$/, serialNumber: /^urn:uuid:[0-9a-f-]{36}$/, version: 1 })
  t.match(bom.metadata.component, { name: 'holdfast', version: VERSION, type: 'application', licenses: [{}] })
  t.strictSame(
    bom.components.map(({ name, version }: Bom['components'][number]) => `${name}@${version}`).sort(),
    packages.map(({ name, version }) => `${name}@${version}`).sort()
  )
  const refs = [bom.metadata.component, ...bom.components].map((one) => one['bom-ref'])
  t.equal(new Set(refs).size, refs.length, 'each once')
  for (const { name, purl, scope, licenses, hashes, properties } of bom.components) {
    t.match(purl, /^pkg:npm\/(?:%40[^/]+\/)?[^/@]+@\d/, name)
    t.equal(scope, 'required', name)
    t.ok(licenses.length > 0, `${name}: licence`)
    t.match(hashes, [{ alg: 'SHA-512', content: /^[0-9a-f]{128}$/ }], `${name}: what the registry sent`)
    t.notMatch(properties, [{ name: /development/ }], name)
  }
  t.strictSame(bom.dependencies.map(({ ref }: { ref: string }) => ref).sort(), refs.sort(), 'what depends on what')
  for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) t.ok(refs.includes(ref), ref)
})

t.test('a package that npm does not know ends it', async (t) => {
  const [one] = packages
  const empty = {
    metadata: { component: { 'bom-ref': 'holdfast@0', name: 'x', version: '0' } },
    components: [],
    dependencies: []
  }
  if (one !== undefined) t.throws(() => shippedOf(empty, [one]), { message: `npm sbom does not know ${one.name}@` })
})
