// Holdfast has no room, and says so: the API server reads the answer while it is still sending, and asks again.

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { V1Pod } from '@kubernetes/client-node'
import { pod } from '../fixtures/objects.ts'
import { podCreation } from '../fixtures/reviews.ts'
import { type Holdfast, startHoldfast } from './harness/holdfast.ts'
import { gateway, podOf, stopOf } from './harness/manifests.ts'
import { endToEnd, type Stage, type Test } from './harness/suite.ts'
import { until } from './harness/wait.ts'

const MIB = 1024 * 1024
const PODS = 12

endToEnd('no room', {}, async (t, stage) => {
  const server = await startHoldfast({ address: stage.address })
  try {
    await stage.install('cluster-wide', server, ({ webhooks = [] }) => {
      // A second try may come late on a busy machine. The API server gives up after ten of them, whatever the time.
      for (const webhook of webhooks) Object.assign(webhook, { failurePolicy: 'Fail', timeoutSeconds: 30 })
    })
    await t.test('every Pod is created, and none of them without its hook', (t) => asksAgain(t, stage, server))
    await stage.uninstall()
  } finally {
    await server.stop()
    const others = server.complaints().filter((line) => !/"(?:OVERLOADED|REVIEW_INCOMPLETE)"/.test(line))
    t.strictSame(others, [], 'it complains of nothing else')
    await server.dispose()
  }
})

async function asksAgain(t: Test, stage: Stage, server: Holdfast): Promise<void> {
  const namespace = await stage.namespace()
  const release = await holdAllRoom(server)
  const create = (index: number) => {
    const env = [{ name: 'FILLING', value: 'x'.repeat(1.2 * MIB) }]
    return stage.run(['create', '-f', '-'], podOf(namespace, `gateway-${index}`, [gateway({ env })]))
  }
  const creations = Array.from({ length: PODS }, (_, index) => create(index))
  await until('some of them to be refused', async () => (await refused(server)) >= PODS / 2)
  release()
  for (const { code, stderr } of await Promise.all(creations)) t.strictSame([code, stderr], [0, warningOf(stderr)])

  const { items } = await stage.get<{ items: V1Pod[] }>('pods', '-n', namespace)
  t.equal(items.length, PODS)
  for (const item of items) t.match(stopOf(item), { preStop: { pushgateway: { sleep: { seconds: 15 } } } })
  t.comment(`${await refused(server)} calls were refused meanwhile`)
}

/** What kubectl says about a Pod that gets its hook; anything else would be an error. */
function warningOf(stderr: string): string {
  return stderr.startsWith('Warning: Holdfast pushgateway-graceful-stop: adds') ? stderr : 'a warning'
}

async function refused(server: Holdfast): Promise<number> {
  const line = (await server.metrics()).split('\n').find((each) => each.includes('{code="OVERLOADED"}'))
  return Number(line?.split(' ').at(-1))
}

/** Takes what there is for bodies, all of it: on connections that have proven themselves, and always a little further. */
async function holdAllRoom(server: Holdfast): Promise<() => void> {
  const sockets = await Promise.all([hold(server), hold(server)])
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write(' '.repeat(MIB / 8))
  }, 250)
  return () => {
    clearInterval(drip)
    for (const socket of sockets) socket.destroy()
  }
}

async function hold({ address: host = '127.0.0.1', port, caBundle }: Holdfast): Promise<TLSSocket> {
  const socket = connect({ host, port, ca: Buffer.from(caBundle, 'base64') })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const review = JSON.stringify(podCreation(pod()))
  socket.write(head(review.length) + review)
  await once(socket, 'data')
  socket.write(head(10 * MIB))
  return socket
}

function head(length: number): string {
  return `POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
}
