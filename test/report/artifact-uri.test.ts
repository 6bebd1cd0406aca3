import t from 'tap'
import { artifactUri } from '../../src/report/artifact-uri.ts'

t.test('paths become URI references', async (t) => {
  const table: readonly (readonly [path: string, uri: string, isRelative: boolean])[] = [
    ['out/prometheus.yaml', 'out/prometheus.yaml', true],
    ['./out/./a.yaml', 'out/a.yaml', true],
    ['out//a.yaml', 'out/a.yaml', true],
    ['out/../b/a.yaml', 'b/a.yaml', true],
    ['../a.yaml', '../a.yaml', true],
    ['../../a.yaml', '../../a.yaml', true],
    ['my charts/ü #1%?.yaml', 'my%20charts/%C3%BC%20%231%25%3F.yaml', true],
    ['a:b.yaml', 'a%3Ab.yaml', true],
    ['half\ud800.yaml', 'half%EF%BF%BD.yaml', true],
    ['charts\\out\\a b.yaml', 'charts/out/a%20b.yaml', true],
    ['/builds/a b.yaml', 'file:///builds/a%20b.yaml', false],
    ['C:\\work\\a b.yaml', 'file:///C:/work/a%20b.yaml', false],
    ['c:/work/../a.yaml', 'file:///c:/a.yaml', false],
    ['\\\\server\\share\\a.yaml', 'file://server/share/a.yaml', false]
  ]
  for (const [path, uri, isRelative] of table) t.strictSame(artifactUri(path), { uri, isRelative }, path)
})
