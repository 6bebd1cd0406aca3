import t from 'tap'
import { progressOn } from '../../src/commands/progress.ts'

function terminal(parts: Partial<NodeJS.WriteStream>): { stream: NodeJS.WriteStream; written: () => string } {
  let written = ''
  const write = (text: string): boolean => {
    written += text
    return true
  }
  return { stream: { write, ...parts } as unknown as NodeJS.WriteStream, written: () => written }
}

t.test('one line that is written over, ten times a second, and gone at the end', async (t) => {
  const { stream, written } = terminal({ isTTY: true, columns: 12 })
  let now = 0
  const progress = progressOn(stream, () => now)
  progress.show('1 file')
  now = 50
  progress.show('2 files')
  now = 100
  progress.show('3 files, 4 objects')
  progress.end()
  progress.end()
  t.equal(written(), '\r\x1b[K1 file\r\x1b[K3 files, 4 \r\x1b[K')
})

t.test('nothing where nobody watches, or where nothing was to be shown', async (t) => {
  const file = terminal({ isTTY: false })
  const progress = progressOn(file.stream, () => 0)
  progress.show('1 file')
  progress.end()
  t.equal(file.written(), '')
  const quick = terminal({ isTTY: true })
  progressOn(quick.stream, () => 0).end()
  t.equal(quick.written(), '')
})
