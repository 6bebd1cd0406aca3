import { defaultConfiguration } from '../../src/config/configuration.ts'
import type { EvaluationContext } from '../../src/core/evaluate.ts'
import { defaultsOf } from '../../src/core/options.ts'
import type { ConfiguredPolicy, Policy } from '../../src/core/policy.ts'
import { POLICIES } from '../../src/policies/index.ts'

/** All policies as they come. */
export function defaultPolicies(): readonly ConfiguredPolicy[] {
  return defaultConfiguration(POLICIES).policiesFor('')
}

/** All policies as they come, but for options, which are given to each. */
export function policiesWith(options: ConfiguredPolicy['options']): readonly ConfiguredPolicy[] {
  return defaultPolicies().map((configured) => ({ ...configured, options: { ...configured.options, ...options } }))
}

/** One policy, enforced. */
export function enforced(policy: Policy, options: ConfiguredPolicy['options'] = {}): ConfiguredPolicy {
  return { policy, mode: 'enforce', options: { ...defaultsOf(policy.options), ...options }, exemptions: [] }
}

/** A review of today on Kubernetes 1.36, by a webhook entry that allows everything. */
export function context(parts: Partial<EvaluationContext> = {}): EvaluationContext {
  return { cluster: { version: { major: 1, minor: 36 } }, ceiling: 'enforce', now: Date.UTC(2026, 10, 21), ...parts }
}
