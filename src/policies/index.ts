import type { Policy } from '../core/policy.ts'
import claimTemplateLabels from './claim-template-labels.ts'
import pushgatewayGracefulStop from './pushgateway-graceful-stop.ts'

/** The catalogue, in the order in which policies are asked and repairs are made. */
export const POLICIES: readonly Policy[] = [claimTemplateLabels, pushgatewayGracefulStop]
