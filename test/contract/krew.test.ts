import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { krewManifest } from '../../scripts/krew-manifest.ts'
import { VERSION } from '../../src/version.ts'

t.test('the manifest of krew names this version, this archive, and a program that can be run', async (t) => {
  const { metadata, spec } = parse(krewManifest(Buffer.from('an archive')))
  const [platform, ...others] = spec.platforms
  t.equal(metadata.name, 'holdfast', 'kubectl holdfast')
  t.equal(spec.version, `v${VERSION}`)
  t.strictSame(others, [])
  t.ok(platform.uri.endsWith(`/v${VERSION}/holdfast-${VERSION}.tar.gz`))
  t.equal(platform.sha256, '9e691d5adacf0e102f203100842ffaba4e2a7dfe3dbd536827d3c0db8c7e88f1')
  t.ok(spec.shortDescription.length <= 50, 'what krew shows in a list')
  accessSync(join(import.meta.dirname, '../..', platform.bin), constants.X_OK)
})
