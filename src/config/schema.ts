import { MODES } from '../core/mode.ts'
import type { OptionField } from '../core/options.ts'
import type { Policy } from '../core/policy.ts'

export const API_VERSION = 'holdfast.dev/v1alpha1'
export const KIND = 'HoldfastConfiguration'

type Schema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema of the configuration file, made from what the policies declare. The same schema validates the file
 *.
 */
export function configurationSchema(policies: readonly Policy[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: KIND,
    type: 'object',
    additionalProperties: false,
    properties: {
      apiVersion: { const: API_VERSION, description: 'The version of this format.' },
      kind: { const: KIND, description: 'The kind of this file.' },
      mode: {
        enum: MODES,
        default: 'enforce',
        description: 'The ceiling for all policies: none goes further than this.'
      },
      policies: {
        type: 'object',
        additionalProperties: false,
        description: 'Settings by policy id.',
        properties: Object.fromEntries(policies.map((policy) => [policy.id, policySchema(policy)]))
      }
    }
  }
}

function policySchema({ summary, defaultMode, options }: Policy): Schema {
  const fields = Object.entries(options).map(([name, field]): [string, OptionField] => [name, field])
  return {
    type: 'object',
    additionalProperties: false,
    description: summary,
    properties: {
      mode: { enum: MODES, default: defaultMode, description: 'How far this policy goes.' },
      ...Object.fromEntries(fields)
    }
  }
}
