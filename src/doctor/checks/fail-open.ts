import { count } from '../../core/values/text.ts'
import { type Evidence, knownValue, notRead } from '../evidence.ts'
import type { DoctorCheck, DoctorFinding } from '../finding.ts'
import { ENTRY_SUFFIX } from '../installed-entry.ts'
import { isOfOneProcess, seriesOf } from '../metrics-text.ts'

const FAIL_OPEN = 'apiserver_admission_webhook_fail_open_count'

/** What the API server itself has counted: requests that it let through because it got no answer from Holdfast. */
export function checkFailOpen({ counters, configurations }: Evidence): DoctorCheck {
  const id = 'fail-open'
  const [first, last] = [counters.before.apiServer, counters.after.apiServer]
  const findings = notRead("the API server's metrics", 'get on the nonResourceURL /metrics', first, last)
  if (findings.length > 0) return { id, summary: '', findings }
  const names = new Set((knownValue(configurations)?.entries ?? []).map(({ name }) => name))
  const [before, now] = [countsIn(knownValue(first) ?? '', names), countsIn(knownValue(last) ?? '', names)]
  const total = sum(now)
  if (!isOfOneProcess(knownValue(first) ?? '', knownValue(last) ?? '')) {
    return {
      id,
      summary: `${total > 0 ? 'the counts of two API servers cannot be compared' : NONE}; ${NOW_UNKNOWN}`,
      findings: total > 0 ? [openBefore(total, now, `; ${NOW_UNKNOWN}`)] : []
    }
  }
  const during = total - sum(before)
  return {
    id,
    summary: total > 0 ? 'this API server let no request through unevaluated while this ran' : NONE,
    findings:
      during > 0 ? [openNow(during, now)] : total > 0 ? [openBefore(total, now, ', and none while this ran')] : []
  }
}

const NONE = 'this API server let no request through unevaluated since it started'
const NOW_UNKNOWN = 'what happened while this ran is not known, because another API server may have answered before'

function countsIn(text: string, names: ReadonlySet<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { labels, value } of seriesOf(text, FAIL_OPEN)) {
    const name = labels.get('name') ?? ''
    const isOurs = names.has(name) || name.endsWith(ENTRY_SUFFIX)
    if (isOurs) counts.set(name, (counts.get(name) ?? 0) + value)
  }
  return counts
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0)
}

function named(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, number]) => `${name}: ${number}`).join(', ')
}

function openNow(number: number, counts: ReadonlyMap<string, number>): DoctorFinding {
  return {
    code: 'FAIL_OPEN_NOW',
    message: `the API server let ${count(number, 'request')} through unevaluated while this ran (since its start, ${named(counts)})`,
    fix: 'see the finding of the check "reachable"; the log of kube-apiserver has the reason behind "Failed calling webhook, failing open"'
  }
}

function openBefore(number: number, counts: ReadonlyMap<string, number>, meanwhile: string): DoctorFinding {
  return {
    code: 'FAIL_OPEN_BEFORE',
    message: `this API server has let ${count(number, 'request')} through unevaluated since it started${meanwhile} (${named(counts)})`,
    fix: ''
  }
}
