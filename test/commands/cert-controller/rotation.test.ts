import fc from 'fast-check'
import t from 'tap'
import { LAGS, RotatingCluster } from '../../helpers/rotating-cluster.ts'

const POOL = await RotatingCluster.pool(40)
const DELAYS = { trustMs: LAGS.apiServerLagMs, retireMs: LAGS.podLagMs }
const RUNS = 60
const SETTLED = { keys: ['ca.crt', 'tls.crt', 'tls.key'], wanted: false }

t.setTimeout(120_000)

t.test('the first certificate, and a rotation', async (t) => {
  const cluster = new RotatingCluster(POOL, DELAYS)
  await cluster.settle()
  t.match(cluster.state, { ...SETTLED, bundles: [1, 1, 1, 1] })
  cluster.rotate()
  await cluster.settle()
  t.match(cluster.state, { ...SETTLED, bundles: [1, 1, 1, 1] })
  t.equal(cluster.served, 2)
  t.strictSame(cluster.lost, [])
})

const controller = fc.constantFrom(0, 1)
const event = fc.oneof(
  { weight: 8, arbitrary: controller.map((index) => ({ do: 'tick' as const, index })) },
  { weight: 30, arbitrary: controller.map((index) => ({ do: 'answer' as const, index })) },
  { weight: 8, arbitrary: fc.constantFrom(100, 500, 1000, 2000, 5000).map((ms) => ({ do: 'advance' as const, ms })) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), index: controller, isDone: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rotate' as const }) },
  { weight: 1, arbitrary: fc.boolean().map((isMore) => ({ do: 'switch' as const, isMore })) }
)
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never

async function happen(cluster: RotatingCluster, one: Event): Promise<void> {
  if (one.do === 'tick') await cluster.tick(one.index)
  else if (one.do === 'answer') await cluster.answer(one.index)
  else if (one.do === 'advance') cluster.advance(one.ms)
  else if (one.do === 'crash') cluster.crash(one.index, one.isDone)
  else if (one.do === 'rotate') cluster.rotate()
  else cluster.switchMode(one.isMore)
}

t.test('whatever happens in whatever order, no call is lost, and the rotation comes to its end', async (t) => {
  let rotations = 0
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 40, maxLength: 200, size: 'max' }), async (events) => {
      const cluster = new RotatingCluster(POOL, DELAYS)
      // From an installation that works, and is asked for a rotation.
      await cluster.settle()
      cluster.rotate()
      for (const one of events) await happen(cluster, one)
      await cluster.settle()
      rotations += cluster.served - 1
      if (cluster.lost.length > 0) throw new Error(cluster.lost[0])
      const { keys, bundles, wanted } = cluster.state
      if (wanted || keys.join() !== SETTLED.keys.join() || bundles.some((count) => count !== 1)) {
        throw new Error(`not settled: ${JSON.stringify(cluster.state)}`)
      }
    }),
    { numRuns: RUNS, endOnFailure: true }
  )
  t.ok(rotations >= RUNS, `${rotations} rotations`)
})

t.test('with a shorter delay than API servers or Pods take, calls are lost: the check sees it', async (t) => {
  for (const short of [{ trustMs: 0 }, { retireMs: 0 }]) {
    const cluster = new RotatingCluster(POOL, { ...DELAYS, ...short })
    await cluster.settle()
    cluster.rotate()
    await cluster.settle()
    t.ok(cluster.lost.length > 0, JSON.stringify(short))
  }
})
