import { setTimeout as delay } from 'node:timers/promises'
import { diagnose } from '../../doctor/diagnose.ts'
import { doctorJson } from '../../doctor/doctor-json.ts'
import { doctorText } from '../../doctor/doctor-text.ts'
import type { Evidence } from '../../doctor/evidence.ts'
import { CENTRAL_CHECK, type DoctorReport, findingCounts, stateOf } from '../../doctor/finding.ts'
import { installedModeOf } from '../../doctor/installed-mode.ts'
import { ApiError } from '../../kubernetes/api-error.ts'
import { createApi } from '../../kubernetes/client.ts'
import { type Connection, connect } from '../../kubernetes/kubeconfig.ts'
import { createProbe, type Probe } from '../../kubernetes/probe.ts'
import { VERSION } from '../../version.ts'
import { hasColour } from '../colour.ts'
import { CLEAN, FOUND, INCOMPLETE } from '../deliver.ts'
import { progressOn } from '../progress.ts'
import type { DoctorFlags } from './flags.ts'
import { readEvidence } from './read-evidence.ts'

/** Between two looks of --wait. */
const PAUSE_MS = 2000

/**
 * Answers with the exit code: 0 all is well, 1 something is wrong, 2 whether the API server calls Holdfast is not known.
 *
 * @throws HoldfastError CLUSTER_UNREACHABLE
 */
export async function doctor({ namespace, wait, output, failOn, ...flags }: DoctorFlags): Promise<number> {
  const connection = await connect(flags)
  const bar = progressOn(process.stderr, () => performance.now())
  try {
    // The one request that says who is to blame where nobody answers.
    await reach(connection)
    const end = performance.now() + wait
    const probe = createProbe(connection)
    let report = await lookOnce(probe, connection, namespace, bar.show)
    while (exitCodeFor(report, failOn) !== CLEAN && performance.now() + PAUSE_MS < end) {
      bar.show(`waiting: ${waitedFor(report)}`)
      await delay(PAUSE_MS)
      report = await lookOnce(probe, connection, namespace, bar.show)
    }
    bar.end()
    const options = { colour: hasColour(process.stdout), width: widthOf(process.stdout) }
    process.stdout.write(output === 'json' ? doctorJson(report) : doctorText(report, options))
    return exitCodeFor(report, failOn)
  } finally {
    bar.end()
    connection.close()
  }
}

/** Who may not ask for the version may ask for other things: only where nobody answers is there nothing to look at. */
async function reach(connection: Connection): Promise<void> {
  try {
    await createApi(connection).get('/version')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

async function lookOnce(
  probe: Probe,
  connection: Connection,
  namespace: string,
  show: (text: string) => void
): Promise<DoctorReport> {
  const evidence = await readEvidence(probe, connection, { namespace, version: VERSION, now: Date.now(), show })
  return {
    version: VERSION,
    createdAt: new Date(evidence.now).toISOString(),
    cluster: connection.cluster,
    namespace,
    mode: modeOf(evidence),
    checks: diagnose(evidence)
  }
}

function modeOf({ configurations }: Evidence): DoctorReport['mode'] {
  if (!('value' in configurations)) return 'unknown'
  return configurations.value.entries.length === 0 ? 'none' : installedModeOf(configurations.value.entries)
}

function waitedFor({ checks }: DoctorReport): string {
  return checks
    .filter((check) => stateOf(check) !== 'ok')
    .map(({ id }) => id)
    .join(', ')
}

/** What is not known is no finding, but where it is the one thing that everything else is worth nothing without. */
function exitCodeFor(report: DoctorReport, failOn: DoctorFlags['failOn']): number {
  const { error, warning } = findingCounts(report)
  if (error > 0 || (failOn === 'warning' && warning > 0)) return FOUND
  const central = report.checks.find(({ id }) => id === CENTRAL_CHECK)
  const isKnown = central !== undefined && !central.findings.some(({ code }) => UNPROVEN.has(code))
  return isKnown ? CLEAN : INCOMPLETE
}

const UNPROVEN: ReadonlySet<string> = new Set(['NOT_PROVEN', 'NOT_READ', 'DRY_RUN_REFUSED'])

function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  return isTTY && columns > 0 ? Math.max(40, Math.min(columns, 160)) : 120
}
