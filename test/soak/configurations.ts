const HEAD = 'apiVersion: holdfast.dev/v1alpha1\nkind: HoldfastConfiguration\n'

export type ConfigurationName = 'rejecting' | 'restoring'

/** Two that answer differently. */
export const CONFIGURATIONS: Readonly<Record<ConfigurationName, string>> = {
  rejecting: HEAD,
  restoring: `${HEAD}policies:
  claim-template-labels: {onChange: restore}
  pushgateway-graceful-stop: {profile: heavy}
`
}

/** None of them can be used. */
export const BROKEN: readonly string[] = [
  `${HEAD}mode: strict\n`,
  `${HEAD}policies: [`,
  `${HEAD}policies:\n  no-such-policy: {mode: off}\n`,
  '\u0000\u0001'
]

export const CONFIG_FILE = 'config.yaml'
