import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  floatCoreTag,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  type Schema
} from 'js-yaml'

/** Tags such as `!Ref` and `!!binary` belong to documents that are not ours to check: their values are taken as they stand. */
const ANY_TAG = ['!', 'tag:'].flatMap((prefix) => [
  defineScalarTag<string>(prefix, { matchByTagPrefix: true, resolve: (source) => source, identify: () => false }),
  defineSequenceTag<unknown[]>(prefix, {
    matchByTagPrefix: true,
    create: () => [],
    addItem: (list, item) => {
      list.push(item)
    },
    identify: () => false
  }),
  defineMappingTag<Record<string, unknown>>(prefix, {
    matchByTagPrefix: true,
    create: () => ({}),
    addPair: mapTag.addPair,
    has: mapTag.has,
    keys: mapTag.keys,
    get: mapTag.get,
    identify: () => false
  })
])

const INTEGER = /^[-+]?(?:0x[0-9a-f]+|0o?[0-7]+|0b[01]+|0|[1-9][0-9]*)$/i

/** `0644` is octal, `0b11` binary, and `1_000` a thousand. */
const INTEGER_TAG = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: [...'+-0123456789'],
  resolve: (source) => {
    const plain = source.replaceAll('_', '')
    if (!INTEGER.test(plain)) return NOT_RESOLVED
    const [sign, digits] = /^[-+]/.test(plain) ? [plain[0], plain.slice(1)] : ['', plain]
    const value = Number(/^0[0-7]/.test(digits) ? `0o${digits}` : digits)
    return sign === '-' ? -value : value
  },
  identify: () => false
})

const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i

/** `1_0.5` is a number, too; all other numbers are known already. */
const GROUPED_FLOAT_TAG = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: [...'+-.0123456789'],
  resolve: (source, isExplicit, tagName) => {
    const plain = source.replaceAll('_', '')
    if (plain === source) return floatCoreTag.resolve(source, isExplicit, tagName)
    return FLOAT.test(plain) ? Number(plain) : NOT_RESOLVED
  },
  identify: () => false
})

/** As kubectl and Helm read YAML: `yes` and `on` are booleans, `<<` merges, and a date stays a text. */
export const KUBERNETES_SCHEMA: Schema = CORE_SCHEMA.withTags(
  boolYaml11Tag,
  INTEGER_TAG,
  GROUPED_FLOAT_TAG,
  mergeTag,
  ANY_TAG
)
