import fc from 'fast-check'
import t from 'tap'
import { parseImage } from '../../../src/core/objects/image.ts'

const digest = `sha256:${'a'.repeat(64)}`

t.test('references', async (t) => {
  const table: readonly (readonly [string, string, string, (string | undefined)?, string?])[] = [
    ['pushgateway', 'pushgateway', 'pushgateway'],
    ['prom/pushgateway:v1.11.3', 'prom/pushgateway', 'pushgateway', 'v1.11.3'],
    ['localhost:5000/pushgateway', 'localhost:5000/pushgateway', 'pushgateway'],
    ['registry.example:5000/a/b/pushgateway:1', 'registry.example:5000/a/b/pushgateway', 'pushgateway', '1'],
    [`quay.io/prometheus/pushgateway@${digest}`, 'quay.io/prometheus/pushgateway', 'pushgateway', undefined, digest],
    [`h:5000/p/pushgateway:v1@${digest}`, 'h:5000/p/pushgateway', 'pushgateway', 'v1', digest],
    ['pushgateway-cleaner:1', 'pushgateway-cleaner', 'pushgateway-cleaner', '1'],
    ['', '', ''],
    [' ', ' ', ' '],
    ['@', '', '', undefined, ''],
    ['a/', 'a/', '']
  ]
  for (const [reference, repository, name, tag, dig] of table) {
    t.strictSame(parseImage(reference), { repository, name, tag, digest: dig }, reference)
  }
})

t.test('any reference put together comes apart again', async (t) => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/)
  const registry = fc.oneof(
    part,
    fc.tuple(part, fc.integer({ min: 1, max: 65535 })).map(([host, port]) => `${host}:${port}`)
  )
  const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/), { nil: undefined })
  const reference = fc.tuple(
    registry,
    fc.array(part, { maxLength: 3 }),
    part,
    tag,
    fc.option(fc.constant(digest), { nil: undefined })
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(reference, ([host, path, name, tag, dig]) => {
        const repository = [host, ...path, name].join('/')
        const parsed = parseImage(`${repository}${tag ? `:${tag}` : ''}${dig ? `@${dig}` : ''}`)
        return parsed.repository === repository && parsed.name === name && parsed.tag === tag && parsed.digest === dig
      })
    )
  )
})

t.test('any text is read without an error', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.string(), (text) => parseImage(text) !== undefined)))
})
