import t from 'tap'
import { closest, didYouMean } from '../../../src/core/values/suggest.ts'

const MODES = ['off', 'audit', 'warn', 'enforce']
const IDS = ['claim-template-labels', 'pushgateway-graceful-stop', 'pushgateway-persistence', 'prometheus-storage']

t.test('the candidate that was most likely meant', async (t) => {
  const table: readonly (readonly [
    what: string,
    word: string,
    candidates: readonly string[],
    meant: string | undefined
  ])[] = [
    ['a letter left out', 'enfore', MODES, 'enforce'],
    ['a letter too many', 'warnn', MODES, 'warn'],
    ['a wrong letter', 'audat', MODES, 'audit'],
    ['two letters swapped', 'aduit', MODES, 'audit'],
    ['the case', 'OnChange', ['mode', 'onChange'], 'onChange'],
    ['another form of the word', 'warning', MODES, 'warn'],
    ['of two, the nearer one', 'pushgateway-persistance', IDS, 'pushgateway-persistence'],
    ['a beginning that only one has', 'claim-temp', IDS, 'claim-template-labels'],
    ['a beginning that two have', 'pushgateway', IDS, undefined],
    ['a beginning that is too short', 'cla', IDS, undefined],
    ['a short word that shares nothing', 'no', MODES, undefined],
    ['another word', 'strict', MODES, undefined],
    ['nothing', '', MODES, undefined],
    ['no candidates', 'warn', [], undefined],
    ['a text without an end', 'x'.repeat(100_000), MODES, undefined]
  ]
  for (const [what, word, candidates, meant] of table) t.equal(closest(word, candidates), meant, what)
})

t.test('as an end of a sentence', async (t) => {
  t.equal(didYouMean('warnn', MODES), '; did you mean "warn"?')
  t.equal(didYouMean('strict', MODES), '')
})
