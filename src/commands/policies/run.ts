import type { ConfiguredPolicy } from '../../core/policy.ts'
import { didYouMean } from '../../core/values/suggest.ts'
import { inertJson } from '../../core/values/text.ts'
import { HoldfastError } from '../../errors.ts'
import { configurationFile, loadConfiguration, settingsNotes } from '../configuration-file.ts'
import { describedPolicy } from './described.ts'
import type { PoliciesFlags } from './flags.ts'
import { WRITE } from './formats.ts'

/** Lists the policies, or explains the one of an id. */
export async function showPolicies(
  id: string | undefined,
  { namespace, output, ...flags }: PoliciesFlags
): Promise<void> {
  const config = await configurationFile(flags.config)
  const configuration = await loadConfiguration(config)
  const policies = configuration.policiesFor(namespace)
  const shown = id === undefined ? policies : [policyNamed(policies, id)]
  const text = WRITE[output](shown.map(describedPolicy), id !== undefined)
  process.stdout.write(output === 'json' ? inertJson(text) : text)
  for (const note of settingsNotes(configuration, config, Date.now())) process.stderr.write(`holdfast: ${note}\n`)
}

function policyNamed(policies: readonly ConfiguredPolicy[], id: string): ConfiguredPolicy {
  const found = policies.find(({ policy }) => policy.id === id)
  if (found !== undefined) return found
  const meant = didYouMean(
    id,
    policies.map(({ policy }) => policy.id)
  )
  throw new HoldfastError('POLICY_UNKNOWN', `There is no policy ${JSON.stringify(id)}${meant}`)
}
