import t from 'tap'
import type { Configuration } from '../../src/config/configuration.ts'
import { configurationReloader } from '../../src/config/configuration-reload.ts'
import { parseConfiguration } from '../../src/config/parse-configuration.ts'
import { POLICIES } from '../../src/policies/index.ts'

t.test('a changed file is taken up, a broken one is not, and no news is no news', async (t) => {
  let text = 'mode: warn'
  const used: string[] = []
  const failures: string[] = []
  let isGood = true
  const reload = configurationReloader(text, {
    read: async () => {
      if (text === 'gone') throw new Error('ENOENT')
      return text
    },
    parse: (next) => parseConfiguration(next, 'test.yaml', POLICIES),
    use: (configuration: Configuration) => {
      used.push(String(configuration.policiesFor('')[0]?.mode))
    },
    good: () => {
      isGood = true
    },
    failed: (error) => {
      isGood = false
      failures.push(String(error))
    }
  })
  const steps: readonly (readonly [string, readonly string[], number, boolean])[] = [
    ['mode: warn', [], 0, true],
    ['mode: audit', ['audit'], 0, true],
    ['mode: audit', ['audit'], 0, true],
    ['mode: strict', ['audit'], 1, false],
    ['mode: strict', ['audit'], 1, false],
    ['mode: audit', ['audit'], 1, true],
    ['', ['audit'], 2, false],
    ['# nothing\n', ['audit'], 3, false],
    ['gone', ['audit'], 4, false],
    ['mode: enforce', ['audit', 'enforce'], 4, true]
  ]
  for (const [next, expected, failed, good] of steps) {
    text = next
    await reload()
    t.strictSame(used, expected, next)
    t.equal(failures.length, failed, `${next}: failures`)
    t.equal(isGood, good, `${next}: whether the file is usable now`)
  }
  t.match(failures[0], /test\.yaml cannot be used.*mode: has to be one of/s)
})
