import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { POLICY_ID, scaffoldOf } from './scaffold.ts'

const ROOT = join(import.meta.dirname, '..')
const [id = '', flag] = process.argv.slice(2)

if (!POLICY_ID.test(id) || (flag !== undefined && flag !== '--set')) {
  fail('usage: npm run new-policy -- ID [--set], the ID two or more lower-case words with dashes between them')
}
if (existsSync(join(ROOT, 'src/policies', `${id}.ts`))) fail(`there is a policy ${id} already`)

const files = scaffoldOf(id, flag === '--set')
// All are made before one is written, so that a file in an unusual shape leaves nothing half done.
const texts = files.map(({ file, write }) => {
  const path = join(ROOT, file)
  return [path, write(existsSync(path) ? readFileSync(path, 'utf8') : undefined)] as const
})
for (const [path, text] of texts) writeFileSync(path, text)
// In a process of its own, which reads the new catalogue.
const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/generate.ts')], { stdio: 'inherit' })

const width = Math.max(...files.map(({ file }) => file.length))
process.stdout.write(
  `${files.map(({ file, left }) => `${file.padEnd(width)}  left to you: ${left}`).join('\n')}
${'CHANGELOG.md'.padEnd(width)}  left to you: a line about it

Then run "npm run generate", "npm run check" and "npm test". Until all is filled in, the tests fail and say what is missing.
`
)
process.exitCode = status ?? 1

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
