import { type Command, Option } from 'commander'
import { POLICY_REPORT_APIS, type PolicyReportApi } from '../../report/policy-report/policy-report.ts'
import { JUDGING_FLAGS, type JudgingFlags } from '../flags/evaluation.ts'
import { examples } from '../flags/examples.ts'
import { OUTPUT_FLAGS, type OutputFlags } from '../flags/output.ts'
import { addFlags, flag, namespaces } from '../flags/values.ts'

export interface ScanFlags extends JudgingFlags, OutputFlags {
  readonly namespace?: readonly string[]
  readonly allNamespaces?: true
  readonly kubeconfig?: string
  readonly context?: string
  readonly report?: PolicyReportApi
}

const FLAGS = [
  flag('-n, --namespace <names>', 'namespaces to scan, as in a,b; without it that of the context').argParser(
    namespaces
  ),
  new Option('-A, --all-namespaces', 'scan the whole cluster; wins over -n'),
  flag('--kubeconfig <file>', 'kubeconfig to use; without it the one of kubectl, or the service account of the Pod'),
  flag('--context <name>', 'context of the kubeconfig; without it the current one'),
  ...JUDGING_FLAGS,
  flag('--report <api>', 'leave a report in each namespace, too, in this API of PolicyReports').choices(
    Object.keys(POLICY_REPORT_APIS)
  ),
  ...OUTPUT_FLAGS
]

export function addScanCommand(program: Command): void {
  const command = program
    .command('scan')
    .description('Judge what a cluster already runs.')
    .addHelpText(
      'after',
      examples([
        ['The namespace of the current context', 'holdfast scan'],
        ['The whole cluster, as a page to look at', 'holdfast scan -A -o text -o html=holdfast.html'],
        ['As the webhook of a cluster would judge', 'holdfast scan -A --context=production --config=holdfast.yaml'],
        ['And leave what was found in the cluster', 'holdfast scan -A --report=openreports']
      ])
    )
  addFlags(command, FLAGS).action(async (flags: ScanFlags) => {
    const { scan } = await import('./run.ts')
    await scan(flags)
  })
}
