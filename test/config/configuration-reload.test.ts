import t from 'tap'
import type { Configuration } from '../../src/config/configuration.ts'
import { configurationReloader } from '../../src/config/configuration-reload.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import { POLICIES } from '../../src/policies/index.ts'

t.test('a changed file is taken up, a broken one is not, and no news is no news', async (t) => {
  let text = 'mode: warn'
  const used: string[] = []
  const failures: string[] = []
  const reload = configurationReloader(text, {
    read: async () => {
      if (text === 'gone') throw new Error('ENOENT')
      return text
    },
    parse: (next) => parseConfiguration(next, 'test.yaml', POLICIES),
    use: (configuration: Configuration) => {
      used.push(String(configuration.policiesFor('')[0]?.mode))
    },
    failed: (error) => {
      failures.push(String(error))
    }
  })
  const steps: readonly (readonly [string, readonly string[], number])[] = [
    ['mode: warn', [], 0],
    ['mode: audit', ['audit'], 0],
    ['mode: audit', ['audit'], 0],
    ['mode: strict', ['audit'], 1],
    ['mode: strict', ['audit'], 1],
    ['', ['audit'], 2],
    ['# nothing\n', ['audit'], 3],
    ['gone', ['audit'], 4],
    ['mode: enforce', ['audit', 'enforce'], 4]
  ]
  for (const [next, expected, failed] of steps) {
    text = next
    await reload()
    t.strictSame(used, expected, next)
    t.equal(failures.length, failed, `${next}: failures`)
  }
  t.match(failures[0], /test\.yaml cannot be used.*mode: has to be one of/s)
})
