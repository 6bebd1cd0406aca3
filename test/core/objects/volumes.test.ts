import fc from 'fast-check'
import t from 'tap'
import type { Container } from '../../../src/core/objects/pod.ts'
import { covers, mountCovering, normal, resolve, volumeNamed } from '../../../src/core/objects/volumes.ts'

t.test('what covers a path', async (t) => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['/data', '/data', true],
    ['/data/', '/data', true],
    ['/data', '/data/a/b', true],
    ['/', '/data', true],
    ['/data', '/database', false],
    ['/data/a', '/data', false],
    ['/data', '/data/../etc', false],
    ['//data//', '/data/./x', true]
  ]
  for (const [directory, path, covered] of table) t.equal(covers(directory, path), covered, `${directory} ${path}`)
})

t.test('paths', async (t) => {
  t.equal(resolve('/prometheus', 'data/'), '/prometheus/data')
  t.equal(resolve('/prometheus', '/data'), '/data')
  t.equal(resolve('', '../..'), '/')
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string(), (path) => {
        const once = normal(path)
        return once.startsWith('/') && normal(once) === once && covers(once, `${once}/x`)
      })
    )
  )
})

t.test('the deepest mount, and the last of two alike', async (t) => {
  const volumeMounts = [
    null,
    { name: 'nowhere' },
    { name: 'root', mountPath: '/' },
    { name: 'data', mountPath: '/data/' },
    { name: 'deep', mountPath: '/data/tsdb' },
    { name: 'again', mountPath: '/data' }
  ]
  const container: Container = { index: 0, object: { volumeMounts } }
  t.equal(mountCovering(container, '/data/x')?.name, 'again')
  t.equal(mountCovering(container, '/data/tsdb/wal')?.name, 'deep')
  t.equal(mountCovering(container, '/etc')?.name, 'root')
  t.equal(mountCovering({ index: 0, object: { volumeMounts: 'x' } }, '/data'), undefined)
})

t.test('what a volume is', async (t) => {
  const volumes = [
    { name: 'claim', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'nameless', persistentVolumeClaim: {} },
    { name: 'empty', emptyDir: {} },
    { name: 'host', hostPath: { path: '/' } },
    { name: 'hidden', emptyDir: {} }
  ]
  const spec = { volumeClaimTemplates: [{ metadata: { name: 'hidden' } }] }
  const set = { kind: 'StatefulSet', spec, template: { spec: { volumes } }, replicas: 1 }
  t.match(volumeNamed(set, 'claim'), { kind: 'claim', claimName: 'c', readOnly: false, index: 0 })
  t.match(volumeNamed(set, 'nameless'), { kind: 'claim', claimName: '' })
  t.match(volumeNamed(set, 'empty'), { kind: 'emptyDir' })
  t.match(volumeNamed(set, 'host'), { kind: 'other' })
  t.match(volumeNamed(set, 'hidden'), { kind: 'template', index: 0 }, 'a claim template wins')
  t.match(
    volumeNamed({ ...set, kind: 'Deployment' }, 'hidden'),
    { kind: 'emptyDir' },
    'but only a StatefulSet has them'
  )
  t.equal(volumeNamed(set, 'gone'), undefined)
})
