import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Generation, Instance } from './instance.ts'

const LOOK_MS = 500
/** As the readiness probe of the manifests waits. A replica that says that it is not ready is out at once. */
const PROBE_MS = 3000
const MOST_UNANSWERED = 2

/**
 * Spreads TCP connections over the instances that are ready, in turn, as a Service does. One whose `/readyz` fails gets
 * no new connection; those that it has stay.
 */
export class Balancer {
  readonly #instances: readonly Instance[]
  readonly #ready = new Set<Instance>()
  readonly #server: Server
  /** By the port of the client: where its connection went. */
  readonly #routes = new Map<number, { readonly instance: Instance; readonly generation: Generation | undefined }>()
  readonly #sockets = new Set<Socket>()
  #turn = 0
  #running = true

  constructor(instances: readonly Instance[]) {
    this.#instances = instances
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client))
  }

  async start(): Promise<number> {
    await Promise.all(this.#instances.map((instance) => this.#look(instance, 0)))
    for (const instance of this.#instances) void this.#watch(instance)
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    this.#running = false
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Where a connection of a client went. */
  routeOf(
    clientPort: number
  ): { readonly instance: Instance; readonly generation: Generation | undefined } | undefined {
    return this.#routes.get(clientPort)
  }

  isReady(instance: Instance): boolean {
    return this.#ready.has(instance)
  }

  async #watch(instance: Instance): Promise<void> {
    for (let unanswered = 0; this.#running; ) {
      await sleep(LOOK_MS)
      unanswered = (await this.#look(instance, unanswered)) ? 0 : unanswered + 1
    }
  }

  /** @returns whether it answered, one way or the other */
  async #look(instance: Instance, unanswered: number): Promise<boolean> {
    const state = await instance.readiness(PROBE_MS)
    if (state === 'ready') this.#ready.add(instance)
    else if (state !== 'no answer' || unanswered + 1 >= MOST_UNANSWERED) this.#ready.delete(instance)
    return state !== 'no answer'
  }

  #forward(client: Socket): void {
    const ready = this.#instances.filter((instance) => this.#ready.has(instance))
    const instance = ready[this.#turn++ % ready.length]
    if (instance === undefined) {
      client.resetAndDestroy()
      return
    }
    const { remotePort = 0 } = client
    this.#routes.set(remotePort, { instance, generation: instance.current })
    if (this.#routes.size > 20_000) this.#routes.delete(this.#routes.keys().next().value as number)
    const server = connect({ host: '127.0.0.1', port: instance.port, allowHalfOpen: true, noDelay: true })
    client.setNoDelay()
    for (const [socket, other] of [
      [client, server],
      [server, client]
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroySoon()
      })
      socket.pipe(other)
    }
  }
}
