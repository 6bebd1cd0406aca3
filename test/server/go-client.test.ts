import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'
import { testServer } from '../helpers/server.ts'

const run = promisify(execFile)
const MIB = 1024 * 1024

/** Where an installation of Go is: in PATH, or where its own instructions put it. */
const GO = ['go', '/usr/local/go/bin/go'].find((command) => spawnSync(command, ['version']).status === 0)

// kube-apiserver is written in Go, and other clients are more patient with a connection that is reset.
t.test(
  'a Go client reads every answer',
  { skip: GO === undefined && 'there is no Go', timeout: 600_000 },
  async (t) => {
    const directory = temporaryDirectory()
    const program = join(directory, 'client')
    // Nothing is fetched: the program needs nothing but the standard library.
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '' }
    await run(GO as string, ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'go-client'), env })
    const server = await testServer()
    t.teardown(() => server.drain(0))

    const table: readonly (readonly [string, string, number, number, readonly string[]])[] = [
      ['refused at once for lack of room, or answered', '/mutate', 3 * MIB, 128, ['200', '503']],
      ['too large', '/mutate', 11 * MIB, 64, ['413']],
      ['another path', '/elsewhere', 3 * MIB, 64, ['404']]
    ]
    for (const [name, path, size, calls, expected] of table) {
      const body = join(directory, 'body')
      writeFileSync(body, JSON.stringify(podCreation(pod({ annotations: { filling: 'x'.repeat(size) } }))))
      const url = `https://127.0.0.1:${server.port}${path}`
      const args = [`-url=${url}`, `-body=${body}`, `-calls=${calls}`, '-at-once=16']
      const outcomes = JSON.parse((await run(program, args)).stdout) as Record<string, number>
      t.strictSame(Object.keys(outcomes).sort(), expected, `${name}: ${JSON.stringify(outcomes)}`)
    }
  }
)
