import fc from 'fast-check'
import t from 'tap'
import { amountOf, isSameQuantity, prometheusBytes } from '../../../src/core/objects/quantity.ts'

t.test('amounts', async (t) => {
  const same: readonly (readonly [unknown, unknown])[] = [
    ['1Gi', '1024Mi'],
    ['1', '1000m'],
    ['0.5', '500m'],
    ['1k', '1000'],
    ['1e3', '1k'],
    ['1E3', '1k'],
    ['1.5Gi', '1536Mi'],
    ['1000000n', '1m'],
    ['2Ei', '2048Pi'],
    [5, '5'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-1', '-1000m'],
    ['0', '0Gi'],
    ['1e-3', '1m'],
    ['0.1n', '1m'],
    ['1e-10', '1u'],
    ['-0.1n', '-1m'],
    ['1.0000000001', '1001m'],
    ['9Ei', '8Ei'],
    ['9Ei', '9223372036854775807'],
    ['-9Ei', '-8Ei'],
    ['nonsense', 'nonsense']
  ]
  for (const [one, other] of same) t.ok(isSameQuantity(one, other), `${one} = ${other}`)
  const different: readonly (readonly [unknown, unknown])[] = [
    ['1Gi', '1G'],
    ['1', '1m'],
    ['2Gi', '4Gi'],
    ['1E', '1e'],
    ['', '0'],
    ['.', '0'],
    ['nonsense', 'other'],
    [null, '0'],
    [{}, '1'],
    ['1e999', '1e998'],
    ['1KI', '1Ki'],
    ['100E', '10E'],
    ['9Ei', '10E'],
    ['0', '0.1n'],
    ['1 Gi', '1Gi']
  ]
  for (const [one, other] of different) t.notOk(isSameQuantity(one, other), `${one} ≠ ${other}`)
})

t.test('every amount is itself in smaller units', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (amount) => {
        return (
          isSameQuantity(`${amount}Gi`, `${amount * 1024n}Mi`) &&
          isSameQuantity(`${amount}`, `${amount * 1000n}m`) &&
          !isSameQuantity(`${amount + 1n}`, `${amount}`)
        )
      })
    )
  )
})

t.test('amounts in bytes, of both worlds', async (t) => {
  t.equal(amountOf('1Gi'), 2 ** 30)
  t.equal(amountOf('1.5G'), 1.5e9)
  t.equal(amountOf('much'), undefined)
  const sizes: readonly (readonly [string, number | undefined])[] = [
    ['0B', 0],
    ['512MB', 512 * 2 ** 20],
    ['1KB', 1024],
    ['1.5TiB', 1.5 * 2 ** 40],
    ['2EB', 2 * 2 ** 60],
    ['80Gi', undefined],
    ['80', undefined],
    ['GB', undefined],
    ['', undefined]
  ]
  for (const [size, bytes] of sizes) t.equal(prometheusBytes(size), bytes, size)
})
