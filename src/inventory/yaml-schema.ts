import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  mapTag,
  mergeTag,
  type Schema
} from 'js-yaml'

/** Tags such as `!Ref` and `!!binary` belong to documents that are not ours to judge: their values are taken as they stand. */
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

/** As kubectl and Helm read YAML: `yes` and `on` are booleans, `<<` merges, and a date stays a text. */
export const KUBERNETES_SCHEMA: Schema = CORE_SCHEMA.withTags(boolYaml11Tag, mergeTag, ANY_TAG)
