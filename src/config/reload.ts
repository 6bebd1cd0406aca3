import type { Configuration } from './configuration.ts'

export interface ConfigurationReload {
  /** Reads the file's text. */
  read(): Promise<string>
  /** @throws HoldfastError CONFIG_INVALID */
  parse(text: string): Configuration
  /** Called when the text has changed and is valid. */
  use(configuration: Configuration): void
  /** Called once for each text that cannot be used, and when the file cannot be read. */
  failed(error: unknown): void
}

/**
 * One look at the configuration file, for whoever polls. A text without news has no effect, and one that cannot be used
 * leaves the last good configuration in force.
 */
export function configurationReloader(first: string, reload: ConfigurationReload): () => Promise<void> {
  let seen = first
  return async () => {
    try {
      const text = await reload.read()
      if (text === seen) return
      seen = text
      // A shell that writes a file empties it first. No configuration at all would enforce everything.
      if (text.replace(/^\s*#.*$/gm, '').trim() === '') throw new Error('the file has become empty')
      reload.use(reload.parse(text))
    } catch (error) {
      reload.failed(error)
    }
  }
}
