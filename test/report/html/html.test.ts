import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import t from 'tap'
import { loadFormat } from '../../../src/report/formats.ts'
import { SCRIPT } from '../../../src/report/html/assets.ts'
import type { Level, Report, ReportedFinding, ReportedObject } from '../../../src/report/report.ts'
import { checkReport, cleanReport, hostileReport, largeReport, scanReport } from '../../fixtures/reports.ts'

const LOOK = { colour: false, width: 80 }
const [writeHtml, writeJson] = [await loadFormat('html'), await loadFormat('json')]
const htmlReport = (report: Report): string => writeHtml(report, LOOK)

const REPORTS = { check: checkReport, scan: scanReport, clean: cleanReport, hostile: hostileReport }

/** What stands between a tag and its end, once. */
function between(page: string, start: string, end: string): string {
  const parts = page.split(start)
  if (parts.length !== 2) throw new Error(`${parts.length - 1} times ${start}`)
  return (parts[1] as string).split(end)[0] as string
}

function body(page: string): string {
  return between(page, '<body>', '<script>')
}

/** The texts of a page as they are read. */
function read(markup: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return markup.replace(/<[^>]*>/g, '').replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => named[name] as string)
}

t.test('the same report is the same page', async (t) => {
  for (const [name, make] of Object.entries(REPORTS)) t.equal(htmlReport(make()), htmlReport(make()), name)
})

/** A reader may follow it; the browser loads nothing. */
const POLICY_LINK =
  /<a href="https:\/\/github\.com\/holdfast-dev\/holdfast\/blob\/v[\w.%~!*()&#;-]*\/docs\/policies\/[\w.%~!*()&#;-]*\.md" rel="noreferrer">/g

t.test('the page may use its own style and script, and nothing else', async (t) => {
  for (const [name, make] of Object.entries(REPORTS)) {
    const page = htmlReport(make())
    const policy = between(page, '<meta http-equiv="Content-Security-Policy" content="', '"')
    t.match(policy, /^default-src 'none';/, name)
    for (const tag of ['style', 'script']) {
      const hash = createHash('sha256')
        .update(between(page, `<${tag}>`, `</${tag}>`))
        .digest('base64')
      t.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), `${name}: ${tag}`)
    }
    t.notMatch(policy, /unsafe|https?:|\*/, `${name}: nothing is let through`)
    t.notMatch(
      page.replaceAll('http%3A%2F%2Fwww.w3.org', '').replaceAll(POLICY_LINK, ''),
      /(?:src|href)="(?!#|data:)/,
      `${name}: nothing is loaded`
    )
  }
  t.doesNotThrow(() => new Script(SCRIPT), 'the script is one')
})

t.test('no text becomes markup', async (t) => {
  const shapes = (page: string): Set<string> =>
    new Set([...body(page).matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""')))
  const harmless = Array.from({ length: 11 }, (_, index) => `a/text.${index}`)
  const hostile = htmlReport(hostileReport())
  const known = shapes(htmlReport(hostileReport(harmless)))
  t.strictSame(
    [...shapes(hostile)].filter((shape) => !known.has(shape)),
    []
  )
  t.equal(hostile.split('</script>').length, 2)
  t.equal(hostile.split('</style>').length, 2)
})

t.test('what works unseen is shown', async (t) => {
  const page = htmlReport(hostileReport())
  t.notMatch(page, /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u)
  t.ok(page.isWellFormed())
  for (const shown of ['\\u202egpj.exe\\u202c', '\\u0000\\u0007\\u001b[31mred', '\\r\\n\\tnext\\u0085\\u2028']) {
    t.ok(page.includes(shown), shown)
  }
  t.ok(page.length < 300_000, 'and what is too long to be read ends')
})

t.test('all of each finding is there', async (t) => {
  for (const report of [checkReport(), scanReport()]) {
    const page = body(htmlReport(report))
    const text = read(page)
    const findings = report.objects.flatMap(({ location, findings }) =>
      findings.map((finding) => ({ ...finding, location }))
    )
    t.equal(page.split('<li class="finding"').length - 1, findings.length)
    for (const { policy, message, field, location, line, caution, remediation, changes = [] } of findings) {
      const expected = [policy, message, field, ...(location === undefined ? [] : [`${location.file}:${line}`])]
      if (caution !== undefined) expected.push(`Caution: ${caution}`)
      if (remediation !== undefined) expected.push(`Fix: ${remediation.split('"')[0]}`)
      for (const { key, before, after } of changes) {
        if (before !== undefined) expected.push(`− ${key}: ${before}`)
        if (after !== undefined) expected.push(`+ ${key}: ${after}`)
      }
      for (const words of expected) t.ok(text.includes(words), words)
    }
    for (const { kind, namespace, name } of report.objects) t.ok(text.includes(`${kind} ${namespace}/${name}`), name)
    for (const { where, code, message } of report.problems) t.ok(text.includes(`${where} ${message} ${code}`), where)
    for (const note of report.notes) t.ok(text.includes(note), note)
    for (const words of [`holdfast ${report.command}`, report.version, report.source, '2026-03-02 09:12 UTC']) {
      t.ok(text.includes(words), words)
    }
  }
})

t.test('an object says where it stands', async (t) => {
  const text = read(body(htmlReport(checkReport())))
  t.ok(
    text.includes(
      'update rendered/pushgateway-2.17.0.yaml:171 spec.volumeClaimTemplates[0].metadata.labels from prometheus-pushgateway/templates/statefulset.yaml'
    )
  )
  const [object] = checkReport().objects
  const location = { file: '-', line: 3 }
  const piped = { ...checkReport(), objects: [{ ...object, group: 'example.org', namespace: '', location } as never] }
  const page = read(body(htmlReport(piped)))
  t.ok(page.includes('stdin:9'))
  t.ok(page.includes('Pod example.org pushgateway-smoke-test'), 'the group of a kind that is not of Kubernetes')
})

t.test('what is exempted may be so by its annotation or by the configuration', async (t) => {
  t.match(read(body(htmlReport(scanReport()))), 'audit: exempted by annotation or exemption')
})

t.test('a command stands apart, without its quotation marks', async (t) => {
  const page = htmlReport(checkReport())
  const command = 'kubectl delete statefulset --cascade=orphan pgw-prometheus-pushgateway -n monitoring'
  const commands = [...page.matchAll(/<code>((?:<span>[^<]*<\/span> ?)+)<\/code><button>Copy<\/button>/g)]
  t.strictSame(commands.map(([, words = '']) => read(words))[0], command)
  t.equal(commands.length, 2)
  t.ok(read(page).includes('resize the existing PVCs (kubectl patch pvc)'), 'what is in no quotation marks is left')
})

t.test('a change is a diff, and what differs stands out', async (t) => {
  const page = htmlReport(checkReport())
  t.ok(
    page.includes(
      '<del>− helm.sh/chart: prometheus-pushgateway-2.1<b>6</b>.0</del>\n<ins>+ helm.sh/chart: prometheus-pushgateway-2.1<b>7</b>.0</ins>'
    )
  )
  const scan = htmlReport(scanReport())
  t.ok(scan.includes('<div class="diff"><del>− team: core</del>\n<ins>+ squad: core</ins>\n</div>'))
  t.ok(htmlReport(hostileReport()).includes('<del>− emoji: a<b>😀</b>b</del>'), 'no character is cut in two')
})

/** Objects of one namespace with the same finding each, but for what is given by their number. */
function many(number: number, parts: (index: number) => Partial<ReportedFinding>): ReportedObject[] {
  const [first] = checkReport().objects
  const finding = {
    policy: 'p',
    mode: 'warn',
    outcome: 'warned',
    level: 'warning',
    field: 'spec',
    identity: 'spec'
  } as const
  return Array.from({ length: number }, (_, index) => ({
    ...(first as ReportedObject),
    kind: 'StatefulSet',
    name: `pgw-${index}`,
    findings: [{ ...finding, message: 'is so', ...parts(index) }]
  }))
}

function pageOf(parts: Partial<Report>): string {
  return body(htmlReport({ ...cleanReport(), checked: 40, ...parts }))
}

t.test('what many objects have in common is one fault, with the first of them', async (t) => {
  const objects = many(30, (index) => ({ remediation: `run "kubectl delete sts pgw-${index} -n monitoring" and wait` }))
  const page = pageOf({ objects })
  t.equal(page.split('<article').length, 2)
  const text = read(page)
  t.match(text, '30 × is so')
  t.equal(text.split('Fix: run').length, 2, 'how to mend it is said once')
  t.match(text, 'kubectl delete sts NAME -n NAMESPACE')
  t.match(text, 'kubectl delete sts pgw-29 -n monitoring', 'and each has its own command')
  t.match(page, '<summary>20 more objects</summary>')
})

t.test('only the worst faults are unfolded, and notes are behind a line of their own', async (t) => {
  const level = (index: number) => (index === 7 ? 'error' : index > 7 ? 'note' : 'warning')
  const objects = many(10, (index) => ({ level: level(index), message: `fault ${index}` }))
  const page = pageOf({ objects })
  const faults = [...page.matchAll(/<article class="(\w+)"[^>]*>\n<details( open)?>/g)].map(([, worst, open]) => [
    worst,
    open
  ])
  t.strictSame(faults.slice(0, 2), [
    ['error', ' open'],
    ['warning', ' open']
  ])
  t.equal(faults.filter(([, open]) => open).length, 5)
  t.match(page, '<details id="quiet"><summary>2 notes: repaired, recorded or exempted</summary>')
  t.ok(page.indexOf('id="quiet"') < page.indexOf('<article class="note"'))
  const notes = pageOf({ objects: many(2, (index) => ({ level: 'note', message: `note ${index}` })) })
  t.match(notes, '<details id="quiet" open>', 'where there is nothing else, it is what there is to see')
})

t.test('an excerpt of the file, and the page of the policy', async (t) => {
  const frame = { first: 16, lines: ['  - metadata:', '      labels: <b>', '    spec:'] }
  const page = pageOf({ objects: many(3, () => ({ line: 17, column: 7, frame })) })
  const excerpt =
    '<pre class="frame"><code>  16 | - metadata:\n<b>&gt; 17 |     labels: &lt;b&gt;</b>\n  18 |   spec:\n</code></pre>'
  t.equal(page.split(excerpt).length, 2, 'of the first: the others show the same')
  t.match(read(page), 'extra/pods.yaml:17:7')
  t.match(page, '/blob/v0.1.0/docs/policies/p.md" rel="noreferrer">About this policy</a>')
})

t.test('what was checked, with which settings, and what found nothing', async (t) => {
  const policies = [
    { id: 'p', summary: 'P.', mode: 'warn' },
    { id: 'quiet', summary: 'Quiet.', mode: 'enforce' },
    { id: 'absent', summary: 'Absent.', mode: 'off' }
  ] as const
  const settings = { configuration: 'holdfast.yaml', ceiling: 'warn', kubernetesVersion: '1.36' } as const
  const page = pageOf({ policies, settings, objects: many(1, () => ({})) })
  const text = read(between(page, '<section class="checked"', '</section>'))
  for (const words of ['Configurationholdfast.yaml', 'Ceiling of all modeswarn', 'Kubernetes1.36']) t.match(text, words)
  t.match(
    page,
    /<details><summary>1 of 2 policies found nothing<\/summary>\s+<ul class="policies">\s+<li><a [^>]+>quiet</
  )
  t.match(text, /1 policy off: not checked\s+absent off Absent\./)
  t.match(read(pageOf({ policies, settings: { ceiling: 'enforce' } })), 'none: every field has its default')
  t.match(pageOf({ policies }), '<details open><summary>2 of 2 policies', 'unfolded where it is the whole answer')
})

t.test('how the numbers went, each on a scale of its own', async (t) => {
  const point = (day: number, error: number, warning: number, isComplete = true) => {
    const createdAt = `2026-03-0${day}T09:12:44.120Z`
    return { createdAt, source: '3 files', checked: 40, counts: { error, warning, note: 0 }, failing: 0, isComplete }
  }
  const earlier = [point(1, 2, 1000), point(1, 4, 1200, false)].map((one, index) => ({
    ...one,
    createdAt: point(index + 1, 0, 0).createdAt
  }))
  const made = { ...cleanReport(), createdAt: point(5, 0, 0).createdAt, objects: many(600, () => ({})), checked: 40 }
  const page = body(writeHtml(made, { ...LOOK, trend: earlier }))
  const section = between(page, '<section class="panel trend"', '</section>')
  t.match(read(section), /3 runs since 2026-03-01 09:12 UTC\s+2 → 0 errors\s+1,000 → 600 warnings\s+0 → 0 fail at/)
  const paths = [...section.matchAll(/<path d="([^"]+)"/g)].map(([, path]) => path)
  t.strictSame(
    paths,
    ['M0 15L25 1L100 29', 'M0 5.67L25 1L100 15', 'M0 29L25 29L100 29'],
    'over time, and from 0 to its own most'
  )
  t.match(read(section), '2026-03-02 09:12 UTC incomplete')
  for (const trend of [undefined, []]) t.notMatch(writeHtml(made, { ...LOOK, trend }), 'trend-title')
})

t.test('a code is said once', async (t) => {
  const problem = {
    where: 'a.yaml',
    line: 3,
    code: 'SOURCE_INVALID',
    message: 'It is broken. Fix it. [SOURCE_INVALID]'
  }
  const text = read(pageOf({ problems: [problem] }))
  t.match(text, 'a.yaml:3 It is broken. Fix it. SOURCE_INVALID')
  t.equal(text.split('SOURCE_INVALID').length, 2)
})

t.test('one is told as one', async (t) => {
  const objects = ['a', 'b'].flatMap((namespace) => many(1, () => ({})).map((object) => ({ ...object, namespace })))
  const text = read(pageOf({ command: 'scan', objects }))
  t.match(text, '1 warning in a')
  t.match(text, 'Without them there are 2.')
  t.match(read(pageOf({ objects: many(1, () => ({})) })), 'Without them there is 1.')
  const denied = many(1, () => ({ level: 'error', outcome: 'denied' }))
  t.match(pageOf({ objects: denied, checked: 1 }), '<h1>The one object checked would be refused</h1>')
})

t.test('no more objects are listed than were checked', async (t) => {
  // A Service, which only policies over several objects look at.
  t.match(pageOf({ objects: many(3, () => ({})), checked: 2 }), 'Of 3 objects:')
})

t.test('errors are the deepest of the table, however many warnings there are', async (t) => {
  const depths = (objects: readonly ReportedObject[]) =>
    [...pageOf({ command: 'scan', objects }).matchAll(/<td class="(\w+) heat(\d)">/g)].map(([, level, depth]) => [
      level,
      Number(depth)
    ])
  const inNamespace = (namespace: string, objects: readonly ReportedObject[]) =>
    objects.map((object) => ({ ...object, namespace }))
  const errors = (number: number) => many(number, () => ({ level: 'error', outcome: 'denied' }))
  const found = depths([
    ...inNamespace('a', errors(1)),
    ...inNamespace('b', errors(40)),
    ...inNamespace(
      'c',
      many(29, () => ({}))
    )
  ])
  t.strictSame(found, [
    ['error', 4],
    ['error', 3],
    ['warning', 4]
  ])
})

t.test('the most serious comes first', async (t) => {
  const levels = [...htmlReport(scanReport()).matchAll(/<article class="(\w+)"/g)]
  const ranks = levels.map(([, level]) => ['error', 'warning', 'note'].indexOf(level as Level))
  t.strictSame(ranks, ranks.toSorted())
  t.ok(new Set(ranks).size === 3)
})

t.test('a report with holes says so first', async (t) => {
  const page = body(htmlReport(scanReport()))
  t.ok(page.indexOf('This report is incomplete.') < page.indexOf('<h1>'))
  t.match(htmlReport(scanReport()), '<title>Incomplete: ')
  t.notMatch(htmlReport(cleanReport()), /incomplete\./)
  const [object] = checkReport().objects
  const crash = {
    policy: 'claim-template-labels',
    mode: 'enforce',
    outcome: 'crashed',
    level: 'error',
    field: '',
    message: 'boom'
  }
  const crashed: Report = { ...checkReport(), objects: [{ ...object, findings: [crash] } as never] }
  t.match(read(htmlReport(crashed)), 'This could not be read or checked. Everything else was.')
  t.match(
    read(htmlReport(crashed)),
    'pushgateway-smoke-test was not checked by claim-template-labels, which crashed on it'
  )
  const many = Array.from({ length: 9 }, (_, line) => ({
    where: 'a.yaml',
    line,
    code: 'SOURCE_INVALID',
    message: 'broken'
  }))
  t.match(htmlReport({ ...cleanReport(), problems: many }), '<summary>4 more problems</summary>')
  t.match(read(htmlReport({ ...cleanReport(), problems: many })), 'a.yaml:8 broken SOURCE_INVALID')
})

t.test('what fails at the next upgrade is said once, with all that it concerns', async (t) => {
  const page = htmlReport(scanReport())
  const section = between(page, '<section class="upgrade"', '</section>')
  t.match(section, '9 objects will fail at their next upgrade')
  t.equal(section.split('claim template &quot;storage-volume&quot; has labels').length, 2)
  t.equal(section.split('<a href="#o').length, 10)
  t.notMatch(htmlReport(checkReport()), 'class="upgrade"')
  const [first] = scanReport().objects.filter(({ findings }) => findings.some((one) => one.failsNextUpgrade))
  const one = read(htmlReport({ ...cleanReport(), objects: [first as never] }))
  t.match(one, '1 object will fail at its next upgrade')
  t.match(one, 'It keeps running until an update')
})

t.test('the headline answers what was asked', async (t) => {
  const only = (level: Level): Report => {
    const objects = scanReport().objects.map((object) => ({
      ...object,
      findings: object.findings.filter((finding) => finding.level === level && !finding.failsNextUpgrade)
    }))
    return { ...scanReport(), problems: [], objects: objects.filter(({ findings }) => findings.length > 0) }
  }
  const failing = scanReport().objects.filter(({ findings }) => findings.some((one) => one.failsNextUpgrade))
  const crash = { policy: 'p', mode: 'warn', outcome: 'crashed', level: 'error', field: '', message: 'boom' }
  const crashed = [{ ...failing[0], findings: [crash] } as never]
  const [problem] = scanReport().problems
  const cases: readonly (readonly [Report, string])[] = [
    [scanReport(), '2 of 71 objects would be refused'],
    [{ ...cleanReport(), objects: crashed }, 'Policies crashed on 1 of 42 objects'],
    [{ ...cleanReport(), objects: failing }, '9 of 42 objects will fail at the next upgrade'],
    [only('warning'), 'Nothing refused; 27 of 71 objects with warnings'],
    [only('note'), 'Nothing refused, no warnings'],
    [cleanReport(), 'No findings in 42 objects'],
    [{ ...cleanReport(), checked: 1 }, 'No findings in 1 object'],
    [{ ...cleanReport(), checked: 12345 }, 'No findings in 12,345 objects'],
    [{ ...cleanReport(), checked: 0 }, 'No object was checked'],
    [{ ...cleanReport(), problems: [problem as never] }, 'Nothing found in what could be read']
  ]
  for (const [report, words] of cases) t.equal(read(between(htmlReport(report), '<h1>', '</h1>')), words)
  t.match(htmlReport(cleanReport()), 'class="tick"')
  t.notMatch(htmlReport({ ...cleanReport(), checked: 0 }), 'class="tick"')
})

t.test('a summary where it says more than the list', async (t) => {
  const scan = htmlReport(scanReport())
  for (const policy of ['claim-template-labels', 'shared-tsdb-claim'])
    t.match(scan, `<a data-filter="policy=${policy}">`)
  t.match(scan, '<a data-filter="namespace=search&amp;level=warning">')
  t.match(read(scan), 'edge07 warnings in edge3 notes in edge1 at the next upgrade in edge')
  for (const report of [checkReport(), cleanReport()]) t.notMatch(htmlReport(report), 'id="by-policy"')
  t.notMatch(htmlReport(cleanReport()), 'id="filters"')
  const folded = htmlReport(largeReport(200, 1))
  t.match(folded, '<summary>38 more namespaces</summary>')
  const unnamed = scanReport().objects.map((object, index) => ({
    ...object,
    namespace: index === 0 ? '' : object.namespace
  }))
  t.match(htmlReport({ ...scanReport(), objects: unnamed }), '<a data-filter="namespace=">(none)</a>')
})

t.test('ten thousand findings', async (t) => {
  const report = largeReport(5000, 2)
  const page = htmlReport(report)
  t.equal(page.split('<li class="finding"').length - 1, 10_000)
  t.ok(page.length < 1.5 * writeJson(report, LOOK).length, 'a page is not much more than what it says')
})

t.test('a check that has compared an upgrade does not promise anything about the next one', async (t) => {
  const page = htmlReport({ ...cleanReport(), command: 'check', checked: 5 })
  t.match(page, '<strong>0</strong> <span>notes</span>')
  t.notMatch(page, 'fail at their next upgrade</span>')
  t.match(htmlReport({ ...cleanReport(), command: 'scan', checked: 5 }), 'fail at their next upgrade</span>')
})
