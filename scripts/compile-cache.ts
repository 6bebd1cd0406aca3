// Fills a directory for NODE_COMPILE_CACHE in the image: starts `serve` once, and lets it end. Runs on the image's own
// Node.js as the image's own user, because Node.js keeps a cache for each version, architecture and user.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, globSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [cache] = process.argv.slice(2)
if (cache === undefined) throw new Error('Usage: node scripts/compile-cache.ts DIRECTORY')

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'))
const config = join(directory, 'config.yaml')
writeFileSync(config, 'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n')
const serve = ['serve', '--bind-address=127.0.0.1', '--port=0', '--health-port=0', '--drain-delay=0s']
const program = join(import.meta.dirname, '../bin/holdfast.cjs')
const child = spawn(process.execPath, [program, ...serve, `--config=${config}`, `--cert-dir=${directory}`], {
  env: { ...process.env, NODE_COMPILE_CACHE: cache },
  stdio: ['ignore', 'pipe', 'inherit']
})
let log = ''
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  if (!log.includes('"serving"') && (log + text).includes('"serving"')) child.kill('SIGTERM')
  log += text
})
const [code] = await once(child, 'close')
if (code !== 0) throw new Error(`holdfast serve ended with ${code}: ${log}`)

const files = globSync('**/*', { cwd: cache, withFileTypes: true }).filter((entry) => entry.isFile())
if (files.length === 0) throw new Error(`Node.js ${process.versions.node} wrote no cache to ${cache}`)
// Node.js writes them for the current user only. In the image they belong to root, as everything does.
for (const file of files) chmodSync(join(file.parentPath, file.name), 0o644)
process.stdout.write(`${files.length} files in ${cache}\n`)
