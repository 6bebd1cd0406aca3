// npm run build: what is shipped, in dist. Types are checked by `npm run check`.

import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ASSETS, bundle, packagesIn, ROOT, thirdPartyLicences } from './bundle.ts'

const dist = process.argv[2] ?? join(ROOT, 'dist')
rmSync(dist, { recursive: true, force: true })
const { metafile } = await bundle(dist)
for (const asset of ASSETS) copyFileSync(asset, join(dist, basename(asset)))
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicences(packagesIn(metafile)))
