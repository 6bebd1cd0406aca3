import { configurationSchema } from '../../src/config/schema.ts'
import { POLICIES } from '../../src/policies/index.ts'
import { OVERLAYS } from '../kustomize.ts'
import { CERTIFICATE_SOURCES } from './axes.ts'

type Schema = Readonly<Record<string, unknown>>

const TEXT: Schema = { type: 'string' }
const FLAGS: Schema = { type: 'array', items: { type: 'string', pattern: '^-' } }
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT }
/** Without the label that selectors need. */
const FURTHER_LABELS: Schema = { ...TEXTS, properties: { 'app.kubernetes.io/name': { not: {} } } }
/** What Kubernetes defines and checks itself. */
const OF_KUBERNETES: Schema = { type: 'object' }
const SWITCH: Schema = strict({ enabled: { type: 'boolean' } })

function strict(properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  return { type: 'object', additionalProperties: false, properties, ...more }
}

/** Where one value needs another one. */
function needs(condition: Schema, consequence: Schema): Schema {
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
  return { if: { properties: condition, required: Object.keys(condition) }, then: { properties: consequence } }
}

/** The HoldfastConfiguration without what the chart writes itself. */
function configuration(): Schema {
  const { properties, ...schema } = configurationSchema(POLICIES) as { properties: Record<string, Schema> }
  const { apiVersion: _, kind: __, ...rest } = properties
  return { ...Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema')), properties: rest }
}

/** The text of charts/holdfast/values.schema.json, which Helm compares values with before it renders anything. */
export function valuesSchemaText(): string {
  return `${JSON.stringify(valuesSchema(), null, 2)}\n`
}

function valuesSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart holdfast',
    ...strict({
      mode: { enum: OVERLAYS },
      configuration: configuration(),
      certificate: strict(
        {
          source: { enum: CERTIFICATE_SOURCES },
          provided: strict({ caBundle: TEXT }),
          controller: strict({ resources: OF_KUBERNETES })
        },
        needs(
          { source: { const: 'provided' } },
          { provided: { properties: { caBundle: { pattern: '-----BEGIN CERTIFICATE-----' } } } }
        )
      ),
      replicas: { type: 'integer', minimum: 1 },
      image: strict({
        repository: { type: 'string', minLength: 1 },
        tag: { type: 'string', pattern: '^[\\w.-]{0,128}$' },
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] }
      }),
      imagePullSecrets: { type: 'array', items: strict({ name: TEXT }, { required: ['name'] }) },
      resources: OF_KUBERNETES,
      nodeSelector: TEXTS,
      tolerations: { type: 'array', items: OF_KUBERNETES },
      affinity: OF_KUBERNETES,
      topologySpreadConstraints: { type: 'array', items: OF_KUBERNETES },
      extraArgs: FLAGS,
      podLabels: FURTHER_LABELS,
      podAnnotations: TEXTS,
      priority: SWITCH,
      apiServerToken: SWITCH,
      monitoring: strict({ enabled: { type: 'boolean' }, labels: FURTHER_LABELS }),
      scan: strict(
        {
          enabled: { type: 'boolean' },
          schedule: { type: 'string', minLength: 1 },
          extraArgs: FLAGS,
          resources: OF_KUBERNETES,
          reports: SWITCH
        },
        needs(
          { reports: { properties: { enabled: { const: true } }, required: ['enabled'] } },
          { enabled: { const: true } }
        )
      ),
      // What Helm gives every chart that is a part of another one.
      global: OF_KUBERNETES
    })
  }
}
