import { yamlText } from '../../core/values/yaml-text.ts'
import { pageAt, rawAt } from '../../documentation.ts'

/**
 * A configuration file with comments. What is commented out, with `#` and nothing behind it, is valid once that is gone.
 *
 * @param paths to check, from the directory of the file
 * @param version of Holdfast, whose schema editors use
 */
export function configurationText(paths: readonly string[], version: string): string {
  return `# yaml-language-server: $schema=${rawAt('docs/configuration.schema.json', version)}
#
# Settings of holdfast check, found from here and from all directories below. The server takes the same file with
# --config, and ignores "check". Every field:
# ${pageAt('docs/configuration.md', version)}

apiVersion: holdfast.dev/v1alpha1
kind: HoldfastConfiguration

check:
  # What is checked without arguments: files, and directories with all that is in them.
${pathsText(paths)}
  # What is left out: * is any text within a name, ** any number of directories.
  #ignore: ['**/tests/**']

  # The minimum severity that fails: error is what the webhook rejects, warning what it warns about.
  failOn: error

  # The version of the API server, and the namespace of objects that name none.
  #kubernetesVersion: '1.36'
  #namespace: monitoring

  # Known findings, which do not fail: written by holdfast check --write-baseline .holdfast-baseline.yaml
  #baseline: .holdfast-baseline.yaml

# Settings of policies. To list the policies, run holdfast policies.
#policies:
#  prometheus-availability:
#    mode: audit

# Objects to exempt. To print entries for what is found today, run holdfast exempt --reason TEXT.
#exemptions:
#  - policies: [prometheus-storage]
#    namespaces: [lab]
#    names: [prometheus]
#    reason: the data is thrown away every day
#    expires: '2027-01-31'
`
}

function pathsText(paths: readonly string[]): string {
  if (paths.length === 0) return '  #paths: [rendered]\n'
  return `  paths:\n${paths.map((path) => `    - ${yamlText(path)}\n`).join('')}`
}
