import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { openFilesLimit, parseLimits } from '../../src/server/open-files.ts'

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max processes             95689                95689                processes 
Max open files            200                  4096                 files     
Max locked memory         8388608              8388608              bytes     
`

t.test('the soft limit counts', async (t) => {
  t.equal(parseLimits(LIMITS), 200)
  t.equal(parseLimits(LIMITS.replace('200 ', 'unlimited')), undefined)
  t.equal(parseLimits(''), undefined)
})

t.test('of this process', { skip: existsSync('/proc/self/limits') ? false : 'not Linux' }, async (t) => {
  const script = `const { openFilesLimit } = await import(${JSON.stringify(new URL('../../src/server/open-files.ts', import.meta.url).href)}); console.log(openFilesLimit())`
  const limited = `ulimit -n 200; exec "$0" --input-type=module -e "$1"`
  t.equal(execFileSync('sh', ['-c', limited, process.execPath, script], { encoding: 'utf8' }), '200\n')
  t.type(openFilesLimit(), 'number')
})
