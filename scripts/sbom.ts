// npm run --silent sbom: the bill of materials of the package, as CycloneDX, to standard output. npm knows all packages
// of the checkout, and the bundle which of them are shipped.

import { spawnSync } from 'node:child_process'
import { bundle, packagesIn, ROOT } from './bundle.ts'
import { type Bom, shippedOf } from './shipped-bom.ts'

const npm = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only']
const { status, stdout } = spawnSync('npm', npm, {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 1 << 28,
  stdio: ['ignore', 'pipe', 'inherit']
})
if (status !== 0) throw new Error(`npm sbom ended with ${status}`)
const { metafile } = await bundle()
process.stdout.write(`${JSON.stringify(shippedOf(JSON.parse(stdout) as Bom, packagesIn(metafile)), null, 2)}\n`)
