import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { History, MOST_REPORTS } from '../../../src/commands/scan/history.ts'
import { report } from '../../fixtures/machine-reports.ts'
import { statefulSet } from '../../fixtures/objects.ts'
import { temporaryDirectory } from '../../helpers/certificates.ts'
import { holdfast } from '../../helpers/command.ts'
import { fakeCluster, NOTHING_BESIDE } from '../../helpers/fake-cluster.ts'
import { filesIn } from '../../helpers/files.ts'

/** The n-th day of a year, as a time. */
function day(number: number): string {
  return new Date(Date.UTC(2026, 0, 1 + number)).toISOString()
}

async function scans(t: Test): Promise<(...args: readonly string[]) => ReturnType<typeof holdfast>> {
  const cluster = await fakeCluster(t, {
    ...NOTHING_BESIDE,
    '/api/v1/namespaces': [{ metadata: { name: 'default' } }],
    '/api/v1/pods': [],
    '/apis/apps/v1/statefulsets': [statefulSet()],
    '/apis/apps/v1/deployments': [],
    '/apis/apps/v1/daemonsets': [],
    '/apis/apps/v1/replicasets': []
  })
  return (...args) => holdfast('scan', `--kubeconfig=${cluster.kubeconfig}`, ...args)
}

t.test('every scan is kept, and the page shows the trend from the second one on', async (t) => {
  const scan = await scans(t)
  const directory = join(temporaryDirectory(), 'deep', 'history')
  const page = join(temporaryDirectory(), 'page.html')
  const run = async (): Promise<string> => {
    const { code, stderr } = await scan(`--history=${directory}`, `--output=html=${page}`)
    t.equal(code, 0, stderr)
    return readFileSync(page, 'utf8')
  }
  t.notMatch(await run(), 'id="trend-title"')
  t.match(await run(), /id="trend-title">Trend<\/h2>\n<p class="sum">2 runs since /)
  const names = readdirSync(directory)
  t.equal(names.length, 2)
  for (const name of names) {
    t.match(name, /^holdfast-[\dT.-]+Z\.json$/)
    t.equal(JSON.parse(readFileSync(join(directory, name), 'utf8')).kind, 'HoldfastReport')
  }
  t.match(await run(), '3 runs since')
  const elsewhere = await scan(`--history=${directory}`, '-n', 'other', `--output=html=${page}`)
  t.equal(elsewhere.code, 2, 'there is no such namespace')
  t.notMatch(readFileSync(page, 'utf8'), 'id="trend-title"', 'what was scanned elsewhere is no trend')
})

t.test('the oldest are removed, and nothing else', async (t) => {
  const directory = filesIn({ 'holdfast-notes.json': '{}', 'a.txt': 'a' })
  const history = await History.open(directory)
  for (let index = 0; index < MOST_REPORTS + 3; index++) await history.add(report({ createdAt: day(index) }))
  const names = readdirSync(directory)
  t.equal(names.length, MOST_REPORTS + 2)
  for (const kept of ['a.txt', 'holdfast-notes.json']) t.ok(names.includes(kept), kept)
  const points = await history.pointsFor('2 files')
  t.strictSame([points[0]?.createdAt, points.at(-1)?.createdAt], [day(3), day(MOST_REPORTS + 2)], 'oldest first')
})

t.test('a file that is no report keeps nobody from the others', async (t) => {
  const directory = temporaryDirectory()
  const history = await History.open(directory)
  await history.add(report({ createdAt: day(1) }))
  for (const [index, text] of ['', '{', '[]', '{"kind":"Pod"}'].entries())
    writeFileSync(join(directory, `holdfast-2026-02-0${index + 1}T00-00-00.000Z.json`), text)
  t.equal((await history.pointsFor('2 files')).length, 1)
})

t.test('a directory that cannot be used is told of before the scan', async (t) => {
  const scan = await scans(t)
  const directory = filesIn({ file: 'a' })
  const { code, stderr, stdout } = await scan(`--history=${join(directory, 'file')}`)
  t.equal(code, 2)
  t.match(stderr, '[HISTORY_UNUSABLE]')
  t.equal(stdout, '')
})
