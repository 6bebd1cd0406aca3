import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Pushes } from '../../scripts/pushes.ts'

interface Fake {
  readonly url: URL
  readonly stored: Map<string, string>
}

/** As much of a Pushgateway as a drill asks for. @param refuses the numbers of pushes that are answered by an error */
async function fakeGateway(t: Test, refuses: readonly number[] = []): Promise<Fake> {
  const stored = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const { method, url = '' } = request
    const name = /^\/metrics\/job\/holdfast_drill\/push\/(\d+)$/.exec(url)?.[1]
    const body = await text(request)
    if (method === 'PUT' && refuses.includes(Number(name))) response.statusCode = 500
    else if (method === 'PUT' && name !== undefined) stored.set(name, body)
    else if (method === 'DELETE' && name !== undefined) stored.delete(name)
    else if (url === '/metrics') {
      response.write('# TYPE drill_push untyped\nother{push="0"} 1\n')
      for (const [push] of stored)
        response.write(`drill_push{instance="",job="holdfast_drill",push="${push}"} ${push}\n`)
    } else response.statusCode = 404
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), stored }
}

function times(count: number): () => boolean {
  let left = count
  return () => left-- <= 0
}

t.test('what is refused has failed, and what is forgotten is lost', async (t) => {
  const { url, stored } = await fakeGateway(t, [3, 4])
  const pushes = new Pushes(url)
  await pushes.until(times(10), 1000)
  t.strictSame([...stored.keys()], ['0', '1', '2', '5', '6', '7', '8', '9'])
  t.strictSame(await pushes.counts(), { sent: 10, failed: 2, lost: 0 })
  for (const name of ['0', '9']) stored.delete(name)
  t.strictSame(await pushes.counts(), { sent: 10, failed: 2, lost: 2 })
  await pushes.until(times(1), 1000)
  t.match(await pushes.counts(), { sent: 11, lost: 2 }, 'names go on')
  await pushes.remove()
  t.strictSame(stored, new Map(), 'nothing is left behind')
})

t.test('a Pushgateway that is gone', async (t) => {
  const pushes = new Pushes(new URL('http://127.0.0.1:1'))
  await pushes.until(times(3), 1000)
  await t.rejects(pushes.counts(), /127\.0\.0\.1:1\/ does not tell its metrics$/)
})
