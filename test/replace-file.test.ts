import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { replaceFiles } from '../src/replace-file.ts'
import { temporaryDirectory } from './helpers/certificates.ts'

const modeOf = (file: string) => statSync(file).mode & 0o777
const read = (file: string) => readFileSync(file, 'utf8')

t.test('what is in the place of the file', async (t) => {
  const directory = temporaryDirectory()
  const at = (name: string) => join(directory, name)
  const other = at('other')
  const table: readonly (readonly [string, (file: string) => void])[] = [
    ['nothing', () => {}],
    ['a file', (file) => writeFileSync(file, 'old, and longer than what comes')],
    ['a link to a file', (file) => symlinkSync(other, file)],
    ['a link that leads nowhere', (file) => symlinkSync(at('nowhere'), file)],
    ['a link to a directory', (file) => symlinkSync(at('directory'), file)],
    ['a link to itself', (file) => symlinkSync(file, file)],
    ['one of two names of a file', (file) => linkSync(other, file)]
  ]
  mkdirSync(at('directory'))
  for (const [name, make] of table) {
    writeFileSync(other, 'of somebody else')
    const file = at('report')
    make(file)
    await replaceFiles([{ file, text: 'new' }])
    t.ok(lstatSync(file).isFile(), `${name}: becomes a file`)
    t.equal(read(file), 'new', name)
    t.equal(read(other), 'of somebody else', `${name}: nothing else is written to`)
    t.strictSame(readdirSync(directory).sort(), ['directory', 'other', 'report'], `${name}: and nothing else is made`)
    t.strictSame(readdirSync(at('directory')), [], name)
    execFileSync('rm', [file])
  }
})

t.test('permissions', async (t) => {
  const directory = temporaryDirectory()
  const table: readonly (readonly [string, number | undefined, number | undefined, number])[] = [
    ['a key where a readable file was', 0o644, 0o600, 0o600],
    ['a key where nothing was', undefined, 0o600, 0o600],
    ['what the umask would take', undefined, 0o666, 0o666],
    ['those of the file before', 0o640, undefined, 0o640],
    ['those of a file that only its owner reads', 0o600, undefined, 0o600]
  ]
  for (const [name, before, asked, after] of table) {
    const file = join(directory, name)
    if (before !== undefined) {
      writeFileSync(file, '')
      chmodSync(file, before)
    }
    await replaceFiles([{ file, text: '', ...(asked !== undefined && { mode: asked }) }])
    t.equal(modeOf(file), after, name)
  }
  const link = join(directory, 'link')
  chmodSync(join(directory, 'a key where nothing was'), 0o777)
  symlinkSync('a key where nothing was', link)
  await replaceFiles([{ file: link, text: '' }])
  writeFileSync(join(directory, 'new'), '')
  t.equal(modeOf(link), modeOf(join(directory, 'new')), 'a link has none to keep')
})

t.test('all or none', async (t) => {
  const directory = temporaryDirectory()
  const [one, two] = [join(directory, 'one'), join(directory, 'absent', 'two')]
  writeFileSync(one, 'old')
  const failing = replaceFiles([one, two].map((file) => ({ file, text: 'new' })))
  await t.rejects(failing, { message: `ENOENT: no such file or directory, open '${two}'` }, 'which names the file')
  t.equal(read(one), 'old')
  t.strictSame(readdirSync(directory), ['one'], 'and nothing is left behind')

  mkdirSync(join(directory, 'two'))
  await t.rejects(replaceFiles([{ file: join(directory, 'two'), text: '' }]), { message: /EISDIR.*two/ })
  t.strictSame(readdirSync(directory).sort(), ['one', 'two'])
})

t.test('what is no file is written to', async (t) => {
  await replaceFiles([{ file: '/dev/null', text: 'gone' }])
  t.notOk(statSync('/dev/null').isFile())

  const pipe = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
  const arrived = text(reader.stdout)
  await replaceFiles([{ file: pipe, text: 'through' }])
  t.equal(await arrived, 'through')
  t.ok(lstatSync(pipe).isFIFO())

  const program = `import { replaceFiles } from '${new URL('../src/replace-file.ts', import.meta.url)}'
    await replaceFiles([{ file: '/dev/stdout', text: 'said' }])`
  // A shell's pipe, because what Node.js calls one is a socket, which cannot be opened by its name.
  const command = ['-c', '"$0" --input-type=module -e "$1" | cat', process.execPath, program]
  t.equal(execFileSync('sh', command, { encoding: 'utf8' }), 'said', '/dev/stdout is a link, and is not replaced')
})
