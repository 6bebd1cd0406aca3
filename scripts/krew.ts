// Writes the manifest with which krew installs `kubectl holdfast`, for an archive that a release has: RELEASE.md says how
// it is made. To standard output, because the index of krew is a repository of its own.

import { readFileSync } from 'node:fs'
import { krewManifest } from './krew-manifest.ts'

const [file] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('Usage: npm run --silent krew -- holdfast-VERSION.tar.gz\n')
  process.exitCode = 2
} else process.stdout.write(krewManifest(readFileSync(file)))
