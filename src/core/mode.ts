/**
 * How far a policy may go, in rising order. `off` does not look; `audit` records; `warn` also tells the client;
 * `enforce` also refuses and repairs.
 */
export const MODES = ['off', 'audit', 'warn', 'enforce'] as const

export type Mode = (typeof MODES)[number]

export function isMode(value: unknown): value is Mode {
  return (MODES as readonly unknown[]).includes(value)
}

/** Every setting of a mode is a ceiling: the server's, the webhook entry's, the configuration's. The lowest wins. */
export function lowest(...modes: readonly Mode[]): Mode {
  let index: number = MODES.length - 1
  for (const mode of modes) index = Math.min(index, MODES.indexOf(mode))
  return MODES[index] as Mode
}

/** The label of a namespace by which the manifests choose what is called for it. */
export const MODE_LABEL = 'holdfast.dev/mode'
