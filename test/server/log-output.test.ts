import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { LogOutput, MOST_WAITING } from '../../src/server/log-output.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory, testCertificates, writePair } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { post } from '../helpers/post.ts'

const LINUX = process.platform === 'linux' ? {} : { skip: 'not Linux' }

/** The two ends of a pipe. Nobody waits at either. */
function pipe(): { readonly reading: number; readonly writing: number } {
  const path = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [path])
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reading, writing: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) }
}

/** All that is in the pipe now. */
function drain(reading: number): string {
  const buffer = Buffer.alloc(64 * 1024)
  let text = ''
  for (;;) {
    try {
      const size = readSync(reading, buffer)
      if (size === 0) return text
      text += buffer.toString('utf8', 0, size)
    } catch {
      return text
    }
  }
}

t.test(
  'lines that nobody reads wait up to a bound, whole and in order, and the others are counted',
  LINUX,
  async (t) => {
    const { reading, writing } = pipe()
    const lost: number[] = []
    const output = new LogOutput(writing, (lines) => lost.push(lines))
    const lines = Array.from({ length: 80_000 }, (_, at) => `{"number":${at},"msg":"${'x'.repeat(60)}"}\n`)
    for (const line of lines) output.write(line)
    t.strictSame(lost, [], 'nothing is said while nobody reads')

    let text = ''
    for (let last = -1; last < text.length; ) {
      last = text.length
      text += drain(reading)
      output.flush()
    }
    const kept = text.split('\n').length - 1
    t.equal(text, lines.slice(0, kept).join(''), 'what is kept comes whole and in order')
    const bytes = Buffer.byteLength(text)
    t.ok(bytes >= MOST_WAITING && bytes < 2 * MOST_WAITING, `${bytes} bytes were kept`)
    t.strictSame(lost, [lines.length - kept], 'and the rest is counted')
    output.write('again\n')
    output.flush()
    t.equal(drain(reading), 'again\n')
  }
)

t.test('no line has a character that a terminal obeys', LINUX, async (t) => {
  const { reading, writing } = pipe()
  const output = new LogOutput(writing, () => {})
  for (const name of ['a', 'a\u009bK', 'a\u202e']) output.write(`${JSON.stringify({ name })}\n`)
  output.flush()
  t.equal(drain(reading), '{"name":"a"}\n{"name":"a\\u009bK"}\n{"name":"a\\u202e"}\n')
})

t.test('a reader that is only slow gets every line', LINUX, async (t) => {
  const { reading, writing } = pipe()
  const output = new LogOutput(writing, (lines) => t.fail(`${lines} lines are lost`))
  // More than waits at the most, all in all, and twice what a pipe takes each time.
  const lines = Array.from({ length: 20_000 }, (_, at) => `{"number":${at},"msg":"${'x'.repeat(250)}"}\n`)
  const texts: string[] = []
  const reader = setInterval(() => texts.push(drain(reading)), 2)
  for (const [at, line] of lines.entries()) {
    output.write(line)
    if (at % 450 === 0) await new Promise((resolve) => setTimeout(resolve, 30))
  }
  output.flush()
  for (let wait = 0; wait < 100 && texts.join('').length < lines.join('').length; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  clearInterval(reader)
  t.equal(texts.join(''), lines.join(''))
})

/** Where a log can go without being taken. Each is one for `sh` to open. */
const TABLE: readonly (readonly [string, () => string])[] = [
  ['a full disk', () => '/dev/full'],
  [
    'a pipe that nobody reads',
    () => {
      const path = join(temporaryDirectory(), 'log')
      execFileSync('mkfifo', [path])
      openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
      return path
    }
  ]
]

for (const [name, target] of TABLE) {
  t.test(`${name} under the log keeps nobody from an answer, and no server from its end`, LINUX, async (t) => {
    const server = await serve(t, target())
    const body = JSON.stringify(podCreation(pod()))
    // A line has 300 bytes, and a pipe takes 64 KiB.
    for (let asked = 0; asked < 400; asked++) {
      const { response } = await post({ port: server.port, path: '/mutate', rejectUnauthorized: false }, body)
      if (response.statusCode !== 200) t.fail(`status ${response.statusCode}`)
    }
    const ended = once(server.process, 'exit')
    server.process.kill('SIGTERM')
    t.strictSame(await ended, [0, null])
  })
}

async function serve(t: Test, log: string) {
  const { certificate, privateKey } = writePair(temporaryDirectory(), await testCertificates())
  const [port, healthPort] = [await freePort(), await freePort()]
  const main = new URL('../../src/main.ts', import.meta.url).href
  const run = `import { main } from ${JSON.stringify(main)}; await main(['node', 'holdfast', ...process.argv.slice(1)])`
  const flags = ['serve', '--bind-address=127.0.0.1', `--port=${port}`, `--health-port=${healthPort}`]
  flags.push(`--tls-cert-file=${certificate}`, `--tls-private-key-file=${privateKey}`, '--drain-delay=0s')
  const command = [process.execPath, '--input-type=module', '-e', run, '--', ...flags, '--kubernetes-version=1.36']
  const child = spawn('sh', ['-c', `log=$1; shift; exec "$@" > "$log"`, 'sh', log, ...command], { stdio: 'inherit' })
  t.teardown(() => child.kill('SIGKILL'))
  const isReady = () => fetch(`http://127.0.0.1:${healthPort}/readyz`).then(({ ok }) => ok)
  while (!(await isReady().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50))
  return { process: child, port }
}
