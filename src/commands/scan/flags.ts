import { Option } from 'commander'
import { POLICY_REPORT_APIS, type PolicyReportApi } from '../../report/policy-report/policy-report.ts'
import { CONNECTION_FLAGS, type ConnectionFlags } from '../flags/connection.ts'
import { CONFIG_FLAG, EVALUATION_FLAGS, type EvaluationFlags } from '../flags/evaluation.ts'
import { flag } from '../flags/flag.ts'
import { OUTPUT_FLAGS, type OutputFlags } from '../flags/output.ts'
import { namespaces } from '../flags/values.ts'

export interface ScanFlags extends EvaluationFlags, ConnectionFlags, OutputFlags {
  readonly namespace?: readonly string[]
  readonly allNamespaces?: true
  readonly report?: PolicyReportApi
  readonly history?: string
}

export const SCAN_FLAGS = [
  flag('-n, --namespace <names>', 'namespaces to scan, such as a,b; without it, the one of the context').argParser(
    namespaces
  ),
  new Option('-A, --all-namespaces', 'scan the whole cluster; overrides -n'),
  ...CONNECTION_FLAGS,
  CONFIG_FLAG,
  ...EVALUATION_FLAGS,
  flag('--report <api>', 'also write a report to each namespace, in this API of PolicyReports').choices(
    Object.keys(POLICY_REPORT_APIS)
  ),
  flag('--history <directory>', 'keep the JSON report here, and show the trend of the last 90 in the HTML report'),
  ...OUTPUT_FLAGS
]
