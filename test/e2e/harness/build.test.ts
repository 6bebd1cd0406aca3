import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildAssets, MINORS, NEWEST } from '../control-plane/build.ts'

const PROGRAMS = ['etcd', 'helm3', 'helm4', 'kube-apiserver', 'kube-controller-manager', 'kubectl']

/** A Go that makes an empty program of every package, and writes down what it was asked for. */
function fakeGo(exitCode = 0): { env: NodeJS.ProcessEnv; asked: () => string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-go-'))
  const log = join(directory, 'asked')
  const script = `#!/bin/sh
echo "$(basename "$PWD") $*" >> ${log}
[ ${exitCode} -eq 0 ] || exit ${exitCode}
while [ "$1" != -o ]; do shift; done
out=$2
shift 2
case "$1" in
  tool) : > "$out" ;;
  *) for package in "$@"; do : > "$out/$(basename "$package")"; done ;;
esac
`
  writeFileSync(join(directory, 'go'), script)
  chmodSync(join(directory, 'go'), 0o755)
  const env = { PATH: `${directory}:${process.env.PATH}`, HOLDFAST_E2E_CACHE: join(directory, 'cache') }
  return { env, asked: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) }
}

t.test('each minor version pins one Kubernetes and all of its modules', async (t) => {
  t.ok(MINORS.length >= 6)
  t.equal(NEWEST, MINORS.at(-1))
  for (const minor of MINORS) {
    const text = readFileSync(join(import.meta.dirname, '../control-plane', minor, 'go.mod'), 'utf8')
    const [, patch] = new RegExp(`k8s\\.io/kubernetes v${minor.replace('.', '\\.')}\\.(\\d+)`).exec(text) ?? []
    t.ok(patch, `${minor} requires a ${minor}.x`)
    const replaced = [...text.matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ (\S+)$/gm)].map(([, version]) => version)
    t.ok(replaced.length > 20)
    t.strictSame([...new Set(replaced)], [`v0.${minor.slice(2)}.${patch}`], `${minor}: all of one release`)
  }
})

t.test('what is missing is built once, and nothing in the checkout', async (t) => {
  const { env, asked } = fakeGo()
  const said: string[] = []
  const directory = await buildAssets('1.31', env, (line) => said.push(line))
  t.strictSame(readdirSync(directory).sort(), PROGRAMS)
  t.match(asked(), [
    /^1\.31 build .*gitVersion=v1\.31\.\d+ .*kube-apiserver .*kubectl$/,
    /^etcd /,
    /^helm3 /,
    /^helm4 /
  ])
  t.equal(said.length, 4)

  t.equal(await buildAssets('1.31', env, (line) => said.push(line)), directory)
  t.equal(asked().length, 4, 'the second time, nothing is built')
  const [tool = ''] = readdirSync(env.HOLDFAST_E2E_CACHE ?? '').filter((name) => name.startsWith('tool-etcd-'))
  rmSync(join(env.HOLDFAST_E2E_CACHE ?? '', tool), { recursive: true })
  t.equal(await buildAssets('1.31', env, (line) => said.push(line)), directory)
  t.equal(asked().length, 5, 'but what is gone since is built again')
  t.ok(existsSync(join(directory, 'etcd')))
  await buildAssets(NEWEST, env, (line) => said.push(line))
  t.equal(asked().length, 6, 'of another minor version, Kubernetes only')
})

t.test('what fails leaves nothing behind', async (t) => {
  const { env } = fakeGo(1)
  await t.rejects(
    buildAssets(NEWEST, env, () => {}),
    /go build .* ended with exit code 1/
  )
  t.strictSame(readdirSync(env.HOLDFAST_E2E_CACHE as string), [])
  await t.rejects(
    buildAssets('1.2', env, () => {}),
    /no Kubernetes 1\.2 here, only 1\.31/
  )
})
