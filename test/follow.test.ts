import t from 'tap'
import { follow } from '../src/follow.ts'

/** What comes of one look after the other, each at a value or at an error. */
async function looks(values: readonly (string | Error)[]): Promise<string[]> {
  const said: string[] = []
  const next = [...values]
  const look = follow<string>('a', {
    async read() {
      const value = next.shift() as string | Error
      if (value instanceof Error) throw value
      return value
    },
    isSame: (one, other) => one === other,
    use(value) {
      if (value.startsWith('bad')) throw new Error(`${value} is refused`)
      said.push(`uses ${value}`)
    },
    good: (value, changed) => said.push(`${changed ? 'new' : 'still'} ${value}`),
    failed: (error) => said.push((error as Error).message)
  })
  for (const _ of values) await look()
  return said
}

t.test('what comes of each look', async (t) => {
  const gone = new Error('gone')
  const table: readonly (readonly [string, (string | Error)[], string[]])[] = [
    ['no news', ['a', 'a'], ['still a', 'still a']],
    ['a new value, once', ['b', 'b'], ['uses b', 'new b', 'still b']],
    ['a value that is refused, once', ['bad', 'bad'], ['bad is refused']],
    [
      'another one that is refused',
      ['bad 1', 'bad 2', 'bad 1'],
      ['bad 1 is refused', 'bad 2 is refused', 'bad 1 is refused']
    ],
    ['back to the value in use', ['bad', 'a'], ['bad is refused', 'still a']],
    ['from a refused one to a new one', ['bad', 'b'], ['bad is refused', 'uses b', 'new b']],
    ['unreadable, each time', [gone, gone, 'b'], ['gone', 'gone', 'uses b', 'new b']]
  ]
  for (const [name, values, expected] of table) t.strictSame(await looks(values), expected, name)
})
