// The style and the script of the page: files, which no compiler looks after.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SCRIPT, STYLE } from '../../../src/report/html/assets.ts'
import { filesIn } from '../../helpers/files.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SRC = join(ROOT, 'src')

/** What the compiler does not bring into `dist`. */
const assets = globSync('**/*.*', { cwd: SRC }).filter((file) => !file.endsWith('.ts'))

function read(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8')
}

t.test('every file is in the page, and none ends the element that it stands in', async (t) => {
  t.ok(assets.length > 1)
  for (const file of assets) t.ok((STYLE + SCRIPT).includes(read(SRC, file)), file)
  t.notMatch(STYLE + SCRIPT, /<\/|<!--/)
})

t.test('scripts of the page are type-checked', async (t) => {
  const { scripts } = JSON.parse(read(ROOT, 'package.json'))
  t.match(scripts.check, 'tsc -p tsconfig.client.json')
  const { include, compilerOptions } = JSON.parse(read(ROOT, 'tsconfig.client.json'))
  t.equal(compilerOptions.checkJs, true)
  const checked = globSync(include, { cwd: ROOT }).map((file) => file.replace(/^src\//, ''))
  t.strictSame(
    checked.sort(),
    assets.filter((file) => file.endsWith('.js'))
  )
})

const BUILT = existsSync(join(ROOT, 'dist/main.js')) ? false : 'There is no dist here.'

t.test('the built command finds them', { skip: BUILT }, async (t) => {
  const directory = filesIn({ 'pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n' })
  const page = join(directory, 'page.html')
  const bin = join(ROOT, 'bin/holdfast.cjs')
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, 'check', join(directory, 'pod.yaml'), `--output=html=${page}`],
    // Coverage of `dist` would count every function of `src` a second time, as one that nothing calls.
    { env: { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' } }
  )
  t.equal(status, 0, String(stderr))
  const [before = '', ...behind] = read(page).split('<script>')
  t.match(before, /<style>[^<]{1000,}<\/style>/)
  t.match(behind.join(), /^\/\*[^<]{100,}/)
})
