import { MODES } from '../core/mode.ts'
import type { OptionField } from '../core/options.ts'
import type { Policy } from '../core/policy.ts'
import { CHECK_SCHEMA } from './check-settings.ts'

const API_VERSION = 'holdfast.dev/v1alpha1'
const KIND = 'HoldfastConfiguration'

type Schema = Readonly<Record<string, unknown>>

/** The JSON Schema of the configuration file, made from what the policies declare; the same that validates the file. */
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
        description: 'The ceiling for all policies: no policy goes further than this.'
      },
      policies: {
        type: 'object',
        additionalProperties: false,
        description: 'Settings by policy id.',
        properties: Object.fromEntries(policies.map((policy) => [policy.id, policySchema(policy)]))
      },
      namespaces: {
        type: 'array',
        description:
          'Settings for some namespaces, which override the settings above. If several entries match, the last one applies.',
        items: namespaceSchema(policies)
      },
      exemptions: {
        type: 'array',
        description: 'Objects that are exempted from policies. Their findings are still counted and recorded.',
        items: exemptionSchema(policies)
      },
      check: CHECK_SCHEMA
    }
  }
}

function namespaceSchema(policies: readonly Policy[]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['match'],
    properties: {
      match: patterns('Patterns of namespaces, in which `*` matches any text.', 1),
      mode: { enum: MODES, description: 'A ceiling for all policies in these namespaces.' },
      policies: {
        type: 'object',
        additionalProperties: false,
        description: 'Settings by policy id; fields that are not set here keep their value from above.',
        properties: Object.fromEntries(policies.map((policy) => [policy.id, withoutDefaults(policySchema(policy))]))
      }
    }
  }
}

function exemptionSchema(policies: readonly Policy[]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['policies', 'reason'],
    properties: {
      policies: {
        type: 'array',
        items: { enum: policies.map(({ id }) => id) },
        minItems: 1,
        uniqueItems: true,
        description: 'Ids of the policies that the objects are exempted from.'
      },
      namespaces: patterns('Patterns of namespaces; without it, any.', 0),
      names: patterns('Patterns of names of objects; without it, any.', 0),
      reason: { type: 'string', minLength: 1, description: 'The reason, for later readers.' },
      expires: {
        type: 'string',
        format: 'date',
        examples: ['2027-01-31'],
        description:
          'The first day (UTC) on which the exemption no longer applies, such as `2027-01-31`; without it, the exemption never expires.'
      }
    }
  }
}

function patterns(description: string, minItems: number): Schema {
  return { type: 'array', items: { type: 'string', minLength: 1 }, minItems, description }
}

/** In an override, what is absent is what was set before, not the default. */
function withoutDefaults(schema: Schema): Schema {
  const fields = Object.entries(schema.properties as Record<string, Schema>)
  const bare = fields.map(([name, { default: _, ...field }]) => [name, field])
  return { ...schema, properties: Object.fromEntries(bare) }
}

function policySchema({ summary, defaultMode, options }: Policy): Schema {
  const fields = Object.entries(options).map(([name, field]): [string, Schema] => [name, fieldSchema(field)])
  return {
    type: 'object',
    additionalProperties: false,
    description: summary,
    properties: {
      mode: { enum: MODES, default: defaultMode, description: 'The mode of this policy, up to the ceilings.' },
      ...Object.fromEntries(fields)
    }
  }
}

/** A declaration is a JSON Schema but for what says how the choices relate to modes. */
function fieldSchema(field: OptionField): Schema {
  if (field.type !== 'string') return field
  const { enforcedOnly: _, ...schema } = field
  return schema
}
