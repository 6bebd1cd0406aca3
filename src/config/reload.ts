import type { Policy, Rule } from '../core/policy.ts'
import { parseConfiguration } from './configuration.ts'

export interface ConfigurationReload {
  /** Reads the file's text. */
  read(): Promise<string>
  /** What to call the file in an error. */
  readonly source: string
  readonly policies: readonly Policy[]
  /** Called when the text has changed and is valid. */
  use(rules: readonly Rule[]): void
  /** Called once for each text that cannot be used, and when the file cannot be read. */
  failed(error: unknown): void
}

/**
 * One look at the configuration file, for whoever polls. A text without news has no effect, and one that cannot be used
 * leaves the last good rules in force.
 */
export function configurationReloader(first: string, reload: ConfigurationReload): () => Promise<void> {
  let seen = first
  return async () => {
    try {
      const text = await reload.read()
      if (text === seen) return
      seen = text
      reload.use(parseConfiguration(text, reload.source, reload.policies))
    } catch (error) {
      reload.failed(error)
    }
  }
}
