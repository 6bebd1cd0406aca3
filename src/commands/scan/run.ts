import type { Configuration } from '../../config/configuration.ts'
import { selected, selectionNotes } from '../../config/selection.ts'
import type { Gap } from '../../core/gap.ts'
import { allNamespaces, namedNamespaces } from '../../inventory/cluster/namespaces.ts'
import type { ClusterReadProblem } from '../../inventory/cluster/read-problem.ts'
import { type Api, createApi } from '../../kubernetes/client.ts'
import { type Connection, connect } from '../../kubernetes/kubeconfig.ts'
import { notesOnParts } from '../../report/gathered.ts'
import type { Report } from '../../report/report.ts'
import { VERSION } from '../../version.ts'
import { askedVersion, problemInCluster } from '../asked-cluster.ts'
import { loadConfiguration, policiesIn, settingsNotes } from '../configuration-file.ts'
import { deliver } from '../deliver.ts'
import { type Progress, progressOn } from '../progress.ts'
import { reportedSettings } from '../reported-settings.ts'
import type { ScanFlags } from './flags.ts'
import { History } from './history.ts'
import { storePolicyReports } from './policy-reports.ts'
import { checkCluster } from './scan-cluster.ts'

/** @throws HoldfastError where the cluster cannot be reached, or the configuration or a report's file not be used */
export async function scan(flags: ScanFlags): Promise<void> {
  const configuration = selected(await loadConfiguration(flags.config, flags.mode), flags)
  const history = flags.history === undefined ? undefined : await History.open(flags.history)
  const connection = await connect(flags)
  const api = createApi(connection)
  const bar = progressOn(process.stderr, () => performance.now())
  try {
    const report = await reportOn(api, connection, configuration, flags, bar)
    bar.end()
    const trend = await history?.pointsFor(report.source)
    process.exitCode = await deliver(report, flags, process.stdout, { trend })
    await history?.add(report)
  } finally {
    bar.end()
    api.close()
  }
}

async function reportOn(
  api: Api,
  connection: Connection,
  configuration: Configuration,
  flags: ScanFlags,
  { show }: Progress
): Promise<Report> {
  const now = Date.now()
  const only = flags.allNamespaces ? undefined : (flags.namespace ?? [connection.namespace ?? 'default'])
  const { version, notes } = await askedVersion(api, flags.kubernetesVersion)
  const namespaces = only === undefined ? await allNamespaces(api) : await namedNamespaces(api, only)
  const isWhole = only === undefined
  const scanned = await checkCluster(api, configuration, { namespaces, isWhole, cluster: { version }, now, show })
  const problems = [...namespaces.problems, ...scanned.problems]
  const report: Report = {
    command: 'scan',
    version: VERSION,
    createdAt: new Date(now).toISOString(),
    source: sourceOf(connection, only),
    checked: scanned.checked,
    settings: reportedSettings(flags, version),
    policies: policiesIn(configuration),
    objects: scanned.objects,
    problems: problems.filter(({ isExpected }) => !isExpected).map(problemInCluster),
    notes: [
      ...settingsNotes(configuration, flags.config, now),
      ...selectionNotes(configuration, flags),
      ...notes,
      ...scanned.notes,
      ...notesOnParts(scanned.objects)
    ]
  }
  if (flags.report === undefined) return report
  const coverage = { namespaces: isWhole ? undefined : namespaces.names, gapsIn: gapsOf(problems, scanned.gapsOfSets) }
  const stored = await storePolicyReports(api, flags.report, report, coverage)
  return {
    ...report,
    problems: [...report.problems, ...stored.problems.map(problemInCluster)],
    notes: [...report.notes, ...stored.notes]
  }
}

/** What is missing where, of what was asked for. */
function gapsOf(
  problems: readonly ClusterReadProblem[],
  ofSets: ReadonlyMap<string, readonly Gap[]>
): (namespace: string) => readonly Gap[] {
  const everywhere: Gap[] = []
  const within = new Map([...ofSets].map(([name, gaps]) => [name, [...gaps]]))
  for (const { gap: missing = { what: 'objects', isAll: false }, namespaces } of problems) {
    if (namespaces === undefined) everywhere.push(missing)
    for (const name of namespaces ?? []) within.set(name, [...(within.get(name) ?? []), missing])
  }
  return (namespace) => [...everywhere, ...(within.get(namespace) ?? [])]
}

function sourceOf({ cluster }: Connection, only: readonly string[] | undefined): string {
  if (only === undefined) return cluster
  return `the namespace${only.length === 1 ? '' : 's'} ${only.join(', ')} of ${cluster}`
}
