// npm run e2e -- [--kubernetes MINOR] [FILE…]: builds what the end-to-end tests need, and runs them.

import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAssets, NEWEST } from '../test/e2e/control-plane/build.ts'

const { values, positionals } = parseArgs({
  options: { kubernetes: { type: 'string', default: NEWEST } },
  allowPositionals: true
})
const directory = await buildAssets(values.kubernetes, process.env, (line) => process.stderr.write(`${line}\n`))
process.stdout.write(`End-to-end tests on Kubernetes ${values.kubernetes}, with ${directory}\n`)
const env = { ...process.env, KUBEBUILDER_ASSETS: directory, PATH: `${directory}${delimiter}${process.env.PATH ?? ''}` }
const suite = ['run', '--silent', 'test:e2e']
const files = ['exec', '--', 'tap', '--disable-coverage', '--jobs=1', '--timeout=900', ...positionals]
const { status } = spawnSync('npm', positionals.length === 0 ? suite : files, { stdio: 'inherit', env })
process.exitCode = status ?? 1
