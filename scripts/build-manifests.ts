// Writes the install.yaml of each overlay that a release has, into a directory that Git ignores.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installFile } from './install-file.ts'
import { OVERLAYS } from './kustomize.ts'

const DEFAULT_DIRECTORY = join(import.meta.dirname, '../dist-manifests')

const { values } = parseArgs({ options: { out: { type: 'string', default: DEFAULT_DIRECTORY } } })

try {
  // All of them before the first is written: a release has all or none.
  const files = OVERLAYS.map((overlay) => [`install-${overlay}.yaml`, installFile(overlay)] as const)
  mkdirSync(values.out, { recursive: true })
  for (const [name, text] of files) {
    const path = join(values.out, name)
    writeFileSync(path, text)
    process.stdout.write(`${path}\n`)
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
