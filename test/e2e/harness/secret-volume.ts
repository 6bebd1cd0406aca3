// What kubelet does with the Secret of a Pod: it brings a change some time later, by swapping a link. And what kube-proxy
// does with its Service: it gives each connection to one of the Pods.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The values of the Secret, decoded. */
export type SecretValues = Readonly<Record<string, string>>

export interface SecretVolume {
  /** With `tls.crt` and `tls.key` in it, and no other key of the Secret. */
  readonly directory: string
  stop(): Promise<void>
}

const ITEMS = ['tls.crt', 'tls.key']

/**
 * Resolves once the Secret has what the volume mounts: until then the Pod waits.
 *
 * @param mostLagMs a change arrives after a random time up to this
 */
export async function mountSecret(read: () => Promise<SecretValues>, mostLagMs: number): Promise<SecretVolume> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-e2e-volume-'))
  let version = 0
  let mounted = ''
  let stopped = false
  const bring = async (): Promise<void> => {
    const values = await read().catch((): SecretValues => ({}))
    if (ITEMS.some((key) => !values[key])) return
    const text = JSON.stringify(ITEMS.map((key) => values[key]))
    if (text === mounted) return
    if (mounted !== '') await sleep(Math.random() * mostLagMs)
    mounted = text
    const folder = `..version-${version++}`
    mkdirSync(join(directory, folder))
    for (const key of ITEMS) writeFileSync(join(directory, folder, key), values[key] ?? '', { mode: 0o600 })
    symlinkSync(folder, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  while (mounted === '') {
    await bring()
    await sleep(50)
  }
  for (const key of ITEMS) symlinkSync(join('..data', key), join(directory, key))
  const working = (async () => {
    while (!stopped) {
      await bring()
      await sleep(50)
    }
  })()
  return {
    directory,
    async stop() {
      stopped = true
      await working
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Listens on a free port, and gives each connection to the next of the others. */
export async function balance(ports: readonly number[]): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  let next = 0
  const server = createServer((client) => {
    const backend = dial(ports[next++ % ports.length] as number, '127.0.0.1')
    for (const [one, other] of [
      [client, backend],
      [backend, client]
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one))
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}
