import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configurationText } from '../../../src/commands/init/text.ts'
import { parseConfiguration } from '../../../src/config/parse-configuration.ts'
import { POLICIES } from '../../../src/policies/index.ts'
import { prometheus } from '../../fixtures/prometheus.ts'
import { filesIn } from '../../helpers/files.ts'
import { holdfastAt } from '../../helpers/in-directory.ts'

const WARNED = JSON.stringify(prometheus({ resources: {} }))

t.test('a file with what is found, which check then checks', async (t) => {
  const directory = filesIn({ '.git': '', 'deploy/a.json': WARNED, 'we "ird/b.json': WARNED })
  const told = await holdfastAt(directory, ['init'])
  t.match(told, { code: 0, stderr: '', stdout: 'Wrote .holdfast.yaml.\nIt checks:\n  deploy\n  we "ird\n' })
  const text = readFileSync(join(directory, '.holdfast.yaml'), 'utf8')
  t.match(text, /^# yaml-language-server: \$schema=https:\/\/\S+\/configuration\.schema\.json\n/)
  const { check } = parseConfiguration(text, 'test.yaml', POLICIES)
  t.match(check, { paths: ['deploy', 'we "ird'], failOn: 'error' })
  t.match(await holdfastAt(directory, ['check']), { code: 0, stdout: /2 objects checked in 2 files: 0 errors/ })
})

t.test('what is there is kept', async (t) => {
  const directory = filesIn({ '.git': '', '.holdfast.yaml': 'mode: warn' })
  t.match(await holdfastAt(directory, ['init']), { code: 2, stderr: /\.holdfast\.yaml would be replaced.*--force/ })
  t.equal(readFileSync(join(directory, '.holdfast.yaml'), 'utf8'), 'mode: warn')
  t.match(await holdfastAt(directory, ['init', '--force']), { code: 0, stdout: 'found nothing to check' })
  t.match(readFileSync(join(directory, '.holdfast.yaml'), 'utf8'), '#paths: [rendered]')
})

t.test('one that applied until then is named', async (t) => {
  const directory = filesIn({ '.git': '', '.holdfast.yaml': '', 'a/b.json': WARNED })
  t.match(await holdfastAt(join(directory, 'a'), ['init']), {
    code: 0,
    stdout: /b\.json\nIn this directory, it applies instead of \.\.\/\.holdfast\.yaml\.\n/
  })
})

t.test('a directory that cannot be written to', async (t) => {
  const directory = filesIn({ '.git': '', '.holdfast.yaml/x': '' })
  t.match(await holdfastAt(directory, ['init', '--force']), { code: 2, stderr: /Cannot write .*\[FILE_UNWRITABLE\]/ })
})

t.test('what is commented out is valid without the comment', async (t) => {
  for (const paths of [[], ['charts/a', 'true', '1', 'a: b', '- x']]) {
    const text = configurationText(paths, '1.2.3')
    const whole = text.replaceAll(/^( *)#(?! \S)/gm, '$1')
    t.not(whole.length, text.length)
    const { check, policiesFor, warningsAt } = parseConfiguration(whole, 'test.yaml', POLICIES)
    t.strictSame(check.paths, paths.length === 0 ? ['rendered'] : paths)
    t.strictSame(check.ignore, ['**/tests/**'])
    t.match(check, { failOn: 'error', kubernetesVersion: '1.36', namespace: 'monitoring' })
    t.equal(check.baseline, '.holdfast-baseline.yaml')
    t.equal(policiesFor('').find(({ policy }) => policy.id === 'prometheus-availability')?.mode, 'audit')
    t.strictSame(warningsAt(0), [])
  }
})
