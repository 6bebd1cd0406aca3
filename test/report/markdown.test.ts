import fc from 'fast-check'
import t from 'tap'
import { loadFormat } from '../../src/report/formats.ts'
import { LONGEST_COMMENT } from '../../src/report/markdown.ts'
import type { Report } from '../../src/report/report.ts'
import { hostileText } from '../fixtures/hostile.ts'
import { FULL, finding, live, object, PROBLEM, report, WARNED } from '../fixtures/machine-reports.ts'
import { checkReport, hostileReport, largeReport } from '../fixtures/reports.ts'

const write = await loadFormat('markdown')
const markdownReport = (made: Report, upgradePlan?: string): string =>
  write(made, { colour: false, width: 80, upgradePlan })

/** The rows of the table, without its head. */
function rowsOf(markdown: string): string[] {
  return markdown.split('\n').filter((line) => /^\| (?:error|warning|note) \|/.test(line))
}

function detailsOf(markdown: string): string[] {
  return markdown.split('<details>').slice(1)
}

t.test('a comment', async (t) => {
  const frame = { first: 13, lines: ['  spec:', '    replicas: 2', '    ```'] }
  const changes = [{ key: 'chart', before: 'a-1', after: 'a-2' }]
  const made = finding({
    column: 3,
    frame,
    changes,
    caution: 'data may go',
    remediation: 'run "kubectl delete sts p" and wait',
    noDiff: 'so',
    involved: [{ group: '', kind: 'Service', namespace: 'monitoring', name: 'p' }]
  })
  const page = 'https://github.com/holdfast-dev/holdfast/blob/v1.2.3/docs/policies/shared-tsdb-claim.md'
  t.equal(
    markdownReport(report({ objects: [object({ findings: [made] })] })),
    `<!-- holdfast -->

### Holdfast check: 1 error, 0 warnings, 0 notes

7 objects checked in 2 files.

| | policy | finding | object |
|---|---|---|---|
| error | [shared-tsdb-claim](${page}) | 2 replicas write one TSDB | \`StatefulSet monitoring/prometheus\` |

<details><summary><b>error</b> <code>shared-tsdb-claim</code> in <code>StatefulSet monitoring/prometheus</code></summary>

2 replicas write one TSDB.

- \`StatefulSet monitoring/prometheus\` \`out/prometheus.yaml:14:3\`

\`\`\`\`text
  13 | spec:
> 14 |   replicas: 2
  15 |   \`\`\`
\`\`\`\`

\`\`\`diff
- chart: a-1
+ chart: a-2
\`\`\`

Involved: \`Service monitoring/p\`

**Caution:** data may go.

**Fix:** run \`kubectl delete sts p\` and wait.

No diff: so.

Policy: [shared-tsdb-claim](${page})

</details>
`
  )
})

t.test('the worst first, what repeats once, and what could not be read before all', async (t) => {
  const objects = [object({ findings: [WARNED] }), ...['a', 'b', 'c'].map((name) => object({ name }))]
  const markdown = markdownReport(report({ objects, problems: [PROBLEM], notes: ['a note'] }))
  t.match(rowsOf(markdown), [/^\| error .*\| 3 objects \|$/, /^\| warning /])
  t.match(markdown, '\n- `StatefulSet monitoring/c` `out/prometheus.yaml:14`\n')
  t.match(markdown, '**Incomplete: 1 part could not be read.**')
  t.ok(markdown.indexOf(PROBLEM.where) < markdown.indexOf('| error |'))
  t.match(detailsOf(markdown).at(-1), '<b>Notes</b></summary>\n\n- a note\n')
  t.match(markdownReport(FULL), /^<!-- holdfast -->\n/)
  const failing = live({ findings: [{ ...WARNED, failsNextUpgrade: true }] })
  t.match(markdownReport(report({ objects: [failing] })), '**1 object will fail at the next upgrade of the chart.**')
  t.notMatch(markdownReport(report()), /\||details/, 'nothing found, nothing to unfold')
})

t.test('the plan of a refused upgrade', async (t) => {
  const markdown = markdownReport(checkReport(), '## Steps\n\n1. one')
  t.match(
    detailsOf(markdown).at(-2),
    /<b>How to get the refused upgrade through<\/b><\/summary>\n\n## Steps\n\n1\. one\n\n<\/d/
  )
  const tooLong = markdownReport(checkReport(), 'x'.repeat(40_000))
  t.notMatch(tooLong, 'How to get')
  t.match(tooLong, 'the plan of the upgrade (run holdfast explain-upgrade)')
})

t.test('a comment is never longer than GitHub takes, and says what is missing', async (t) => {
  for (const made of [largeReport(300, 3), largeReport(5000, 2)]) {
    t.notMatch(markdownReport(made), 'Left out', 'six faults, however many objects')
  }
  const objects = Array.from({ length: 400 }, (_, index) =>
    object({ name: `p${index}`, findings: [finding({ message: `fault ${index} ${'@'.repeat(300)}` })] })
  )
  const problems = Array.from({ length: 30 }, () => ({ ...PROBLEM, message: '#'.repeat(5000) }))
  const notes = Array.from({ length: 30 }, () => '<'.repeat(5000))
  for (const plan of [undefined, 'y'.repeat(29_000), 'z'.repeat(99_000)]) {
    const markdown = markdownReport(report({ objects, problems, notes }), plan)
    t.ok(markdown.length <= LONGEST_COMMENT + 1, `${markdown.length} characters`)
    const [rows, findings] = [
      rowsOf(markdown).length,
      detailsOf(markdown).filter((one) => one.includes('fault ')).length
    ]
    t.ok(rows > 0)
    t.match(markdown, `limit: ${400 - rows} findings not in the table; details of ${400 - findings} findings`)
    t.equal(markdown.includes('How to get the refused'), plan?.startsWith('y') ?? false)
    t.equal(markdown.split('<details>').length, markdown.split('</details>').length, 'and nothing is cut in two')
  }
})

/** What of the text is neither in a fence nor in code. */
function markupIn(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, '')
    .replaceAll(/(?<!\\)`[^`\n]*`/g, '')
    .replaceAll(/<code>[^<]*<\/code>/g, '')
}

const OURS = /<!-- holdfast -->|<\/?(?:details|summary|b)>/g
const LINK = /\]\(https:\/\/github\.com\/holdfast-dev\/holdfast\/blob\/v[\w.+-]+\/docs\/policies\/[a-z-]+\.md\)/g

t.test('nothing in it is markup but ours, and nobody is notified', async (t) => {
  const faultsOf = (made: Report): string[] => {
    const left = markupIn(markdownReport(made))
      .replaceAll(/\\[@#]<!-- -->/g, '')
      .replaceAll(OURS, '')
    const plain = left.replaceAll(LINK, '').replaceAll(/\\[\\`*_~<>[\]|#@&$:.]/g, '')
    return [/<[a-z/!]/i, /@/, /:\/\//, /\]\(/, /(?<![\n#])#/].filter((fault) => fault.test(plain)).map(String)
  }
  t.strictSame(faultsOf(report({ objects: [object({ findings: [finding({ policy: '<b>@x' })] })] })), [])
  const texts = fc.oneof(
    hostileText,
    fc.constantFrom('@octocat', '#12', '<img src=x>', '[a](https://b.example)', '`', '| |')
  )
  const property = fc.property(fc.array(texts, { minLength: 3, maxLength: 4 }), (all) =>
    t.strictSame(faultsOf(hostileReport(all)), [])
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 60 }))
})
