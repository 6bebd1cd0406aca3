import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type IssuedCertificates, issueCertificates } from '../../src/certificates/issue.ts'
import { readTlsFiles } from '../../src/certificates/tls-files.ts'
import { startServer } from '../../src/server/server.ts'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { temporaryDirectory } from '../helpers/certificates.ts'
import { post } from '../helpers/post.ts'
import { serverOptions } from '../helpers/server.ts'

const ROTATIONS = 100

/** Lays a Secret out as kubelet does: the files are links through `..data`, which is swapped in one step. */
function publish(directory: string, version: number, issued: IssuedCertificates): void {
  const folder = `..version-${version}`
  mkdirSync(join(directory, folder))
  writeFileSync(join(directory, folder, 'tls.crt'), issued.certificate)
  writeFileSync(join(directory, folder, 'tls.key'), issued.privateKey)
  symlinkSync(folder, join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
}

t.test(`${ROTATIONS} rotations under load lose no request`, async (t) => {
  const directory = temporaryDirectory()
  const pairs = await Promise.all([1, 2, 3, 4].map(() => issueCertificates(['127.0.0.1'], 1, new Date())))
  publish(directory, 0, pairs[0] as IssuedCertificates)
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(directory, file))
  const files = { certificate: join(directory, 'tls.crt'), privateKey: join(directory, 'tls.key'), clientCa: undefined }
  const server = await startServer(serverOptions(await readTlsFiles(files), { files, pollMs: 10 }))
  t.teardown(() => server.drain(0))

  const load = { running: true, answered: 0, lost: [] as string[], seen: new Set<string>() }
  const kept = new Agent({ keepAlive: true, maxSockets: 4 })
  // Without a cache of sessions: a resumed one shows the certificate that it began with.
  const fresh = new Agent({ keepAlive: false, maxCachedSessions: 0 })
  const clients = [kept, kept, kept, kept, fresh, fresh].map((agent) => keepAsking(server.port, agent, load))
  for (let version = 1; version <= ROTATIONS; version++) {
    publish(directory, version, pairs[version % pairs.length] as IssuedCertificates)
    await sleep(25)
  }
  load.running = false
  await Promise.all(clients)
  kept.destroy()

  t.strictSame(load.lost, [], 'no request is lost')
  t.ok(load.answered > ROTATIONS, `${load.answered} reviews were answered meanwhile`)
  t.equal(load.seen.size, pairs.length, 'and each certificate was served to somebody')
})

interface Load {
  running: boolean
  answered: number
  readonly lost: string[]
  readonly seen: Set<string>
}

async function keepAsking(port: number, agent: Agent, load: Load): Promise<void> {
  const body = JSON.stringify(podCreation(pod()))
  for (let asked = 0; load.running && asked < 5000; asked++) {
    try {
      load.seen.add(await ask(port, agent, body))
      load.answered++
    } catch (error) {
      load.lost.push(String(error))
    }
  }
}

/** Resolves with the fingerprint of the certificate that the answer came under. */
async function ask(port: number, agent: Agent, body: string): Promise<string> {
  const { response, fingerprint } = await post({ port, path: '/mutate', agent, rejectUnauthorized: false }, body)
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return fingerprint
}
