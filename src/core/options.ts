/**
 * How a policy declares what can be set about it. One declaration serves as TypeScript type, as default, as JSON Schema
 * for the configuration file and as the text of the documentation.
 */
export type OptionField =
  | {
      readonly type: 'string'
      readonly enum: readonly string[]
      /** Choices that refuse or repair, and so come to nothing in any mode but enforce. */
      readonly enforcedOnly?: readonly string[]
      readonly default: string
      readonly description: string
    }
  | {
      readonly type: 'integer'
      readonly minimum: number
      readonly maximum: number
      readonly default: number
      readonly description: string
    }
  | {
      readonly type: 'array'
      /** With a pattern go examples, which are how an error says what the pattern asks for. */
      readonly items: { readonly type: 'string'; readonly minLength: 1 } & (
        | { readonly pattern?: never }
        | { readonly pattern: string; readonly examples: readonly [string, ...string[]] }
      )
      readonly uniqueItems: true
      readonly default: readonly string[]
      readonly description: string
    }

export type OptionFields = { readonly [name: string]: OptionField }

type OptionValue<Field extends OptionField> = Field extends { readonly enum: readonly (infer Choice)[] }
  ? Choice
  : Field extends { readonly type: 'integer' }
    ? number
    : readonly string[]

export type OptionValues<Fields extends OptionFields> = { readonly [Name in keyof Fields]: OptionValue<Fields[Name]> }

export function defaultsOf<Fields extends OptionFields>(fields: Fields): OptionValues<Fields> {
  const entries = Object.entries(fields).map(([name, field]) => [name, field.default])
  return Object.fromEntries(entries) as OptionValues<Fields>
}
