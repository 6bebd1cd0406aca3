import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')

const TYPES = ['feat', 'fix', 'refactor', 'perf', 'test', 'docs', 'build', 'ci', 'chore', 'revert']
const FORM = new RegExp(`^(?:${TYPES.join('|')})(?:\\([a-z0-9-]+(?:,[a-z0-9-]+)*\\))?: [a-z0-9"\`@-].*[^.]$`, 'i')
const LONGEST = 72

/** What is wrong with the subject of a commit; undefined where it has the form that CONTRIBUTING.md asks for. */
function problemWith(subject: string): string | undefined {
  if (subject.length > LONGEST) return `longer than ${LONGEST} characters`
  return FORM.test(subject) ? undefined : 'not of the form type(scope): behaviour, without a full stop'
}

t.test('the form of a subject', async (t) => {
  const good = [
    'fix(claim-template-labels): treat an absent map as empty',
    'feat(config,policies): settings by namespace',
    'docs: PersistentVolumeClaims by name'
  ]
  const bad = [
    'Fix the labels',
    'fix claim-template-labels: treat an absent map as empty',
    'fix(claim-template-labels): treat an absent map as empty.',
    'fix:',
    'improve(core): everything',
    `fix(core): ${'x'.repeat(LONGEST)}`
  ]
  for (const subject of good) t.equal(problemWith(subject), undefined, subject)
  for (const subject of bad) t.ok(problemWith(subject), subject)
})

t.test('the subjects of all commits since there is this test', async (t) => {
  const first = git('log', '--diff-filter=A', '--format=%H', '--', 'test/contract/commits.test.ts')
  if (first === undefined || first === '') {
    t.comment('there is no history of this test here: a shallow clone, an archive, or not committed yet')
    return
  }
  const subjects = git('log', '--no-merges', '--format=%s', `${first.split('\n').at(-1)}..HEAD`) ?? ''
  for (const subject of subjects.split('\n').filter(Boolean)) t.equal(problemWith(subject), undefined, subject)
})

/** What git prints; undefined where there is no git, or nothing that it could tell about. */
function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
