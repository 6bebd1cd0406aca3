import { type JsonObject, objectOf, textOf, textsOf } from '../core/values/json.ts'

/** What `holdfast check` is told by the configuration file, where no flag says otherwise. */
export interface CheckSettings {
  /** Files and directories to check, as the file has them: from its own directory. */
  readonly paths: readonly string[]
  /** Patterns of paths that are not checked, from the directory of the file. */
  readonly ignore: readonly string[]
  readonly failOn: 'error' | 'warning' | undefined
  readonly kubernetesVersion: string | undefined
  readonly namespace: string | undefined
  /** From the directory of the file. */
  readonly baseline: string | undefined
}

/** The schema of `check:`. */
export const CHECK_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  description:
    'Settings of `holdfast check`; the server ignores them. Paths are relative to the directory of this file.',
  properties: {
    paths: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Files and directories that `holdfast check` checks if it is given none.'
    },
    ignore: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description:
        'Patterns of files and directories that are not checked. `*` matches any text within a name, and `**` any number of directories.'
    },
    failOn: { enum: ['error', 'warning'], description: 'The minimum severity that fails; the default is `error`.' },
    kubernetesVersion: {
      type: 'string',
      pattern: '^v?\\d{1,3}\\.\\d{1,4}([^\\d].*)?$',
      examples: ['1.36'],
      description: 'The version of the API server, in quotation marks.'
    },
    namespace: {
      type: 'string',
      pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
      examples: ['monitoring'],
      description: 'The namespace of objects that name none.'
    },
    baseline: { type: 'string', minLength: 1, description: 'The file of findings that do not fail the run.' }
  }
} as const

export function checkSettingsFrom(file: JsonObject): CheckSettings {
  const { paths, ignore, failOn, kubernetesVersion, namespace, baseline } = objectOf(file.check)
  return {
    paths: textsOf(paths),
    ignore: textsOf(ignore),
    failOn: failOn as CheckSettings['failOn'],
    kubernetesVersion: textOf(kubernetesVersion),
    namespace: textOf(namespace),
    baseline: textOf(baseline)
  }
}
