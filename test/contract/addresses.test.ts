// What a message names must be where it is read: in an installation and in the image there is no checkout.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { fileOfPackage, pageAt, REPOSITORY, rawAt, withAddresses } from '../../src/documentation.ts'
import { ERRORS, type ErrorCode, HoldfastError } from '../../src/errors.ts'
import { VERSION } from '../../src/version.ts'

const ROOT = join(import.meta.dirname, '../..')
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

t.test('a path becomes the address that it has in this version', async (t) => {
  for (const [text, expected] of [
    ['docs/errors.md lists it', `${pageAt('docs/errors.md')} lists it`],
    ['see docs/errors.md.', `see ${pageAt('docs/errors.md')}.`],
    ['apply manifests/components/scan (again)', `apply ${pageAt('manifests/components/scan')} (again)`],
    ['my/docs/errors.md and ./docs/a.md', 'my/docs/errors.md and ./docs/a.md'],
    [`${REPOSITORY}/blob/v1.0.0/docs/a.md`, `${REPOSITORY}/blob/v1.0.0/docs/a.md`]
  ] as const)
    t.equal(withAddresses(text), expected, text)
  t.equal(pageAt('docs/errors.md'), `${REPOSITORY}/blob/v${VERSION}/docs/errors.md`)
  t.ok(PACKAGE.repository.url.includes(`${REPOSITORY}.git`), 'in the repository of package.json')
})

/** Paths of the repository in a text, and whether they are addresses. */
const NAMED = /(\S*?)\b((?:docs|manifests|demo|scripts|test)\/[\w./-]*\w|[A-Z]{6,}\.md)/g

t.test('help of an error', async (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { message } = new HoldfastError(code, 'It failed')
    for (const [, before, path] of message.matchAll(NAMED)) {
      t.ok(before?.endsWith(`${REPOSITORY}/blob/v${VERSION}/`), `${code}: ${before}${path}`)
      t.ok(existsSync(join(ROOT, path ?? '')), `${code}: ${path} is there`)
    }
  }
})

t.test('every text of the source that names a file goes through an address', async (t) => {
  const sources = globSync('src/**/*.{ts,js}', { cwd: ROOT })
  t.ok(sources.length > 200)
  const found: string[] = []
  for (const file of sources) {
    const code = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    for (const [all, before = '', path = ''] of code.matchAll(NAMED)) {
      if (/^(?:import|from)\b|\.\.?\/$/.test(before)) continue
      found.push(file)
      const isAddress = /(?:pageAt|rawAt)\([`']$/.test(before)
      const turned = TURNED.some((start) => file.startsWith(start))
      t.ok(isAddress || turned || SHIPPED.includes(path), `${file}: ${all}`)
      if (!path.includes('policies/')) t.ok(existsSync(join(ROOT, path)), `${path} is there`)
    }
  }
  t.ok(found.length > 10, 'there is something to look at')
})

/** Turned into addresses as a whole. The descriptions of a schema lie beside the pages. */
const TURNED = ['src/errors.ts', 'src/report/json-schema.ts']

/** Named by their path, because the package has them. */
const SHIPPED = ['demo/reviews/upgrade.json']

t.test('a file that the package has is named from where the user is', async (t) => {
  for (const path of SHIPPED) {
    t.ok(PACKAGE.files.includes(path), `${path} is shipped`)
    const named = fileOfPackage(path) ?? ''
    t.equal(join(process.cwd(), relative(process.cwd(), named)), join(ROOT, path))
  }
  t.equal(fileOfPackage('demo/none.json'), undefined)
  const from = process.cwd()
  t.teardown(() => process.chdir(from))
  process.chdir(join(ROOT, 'src/core'))
  t.equal(fileOfPackage('package.json'), join(ROOT, 'package.json'), 'whole, where it is not below')
  t.match(rawAt('demo/reviews/upgrade.json'), `/v${VERSION}/demo/reviews/upgrade.json`)
})
