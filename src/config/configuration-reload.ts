import { follow } from '../follow.ts'
import type { Configuration } from './configuration.ts'

export interface ConfigurationReload {
  /** Reads the file's text. */
  read(): Promise<string>
  /** @throws HoldfastError CONFIG_INVALID */
  parse(text: string): Configuration
  /** Called when the text has changed and is valid. */
  use(configuration: Configuration): void
  /** Called after each look that found a usable text, such as the one in force that has come back. */
  good(): void
  /** Called once for each text that cannot be used, and when the file cannot be read. */
  failed(error: unknown): void
}

/** One look at the configuration file, as `follow` takes it. */
export function configurationReloader(
  first: string,
  { read, parse, use, good, failed }: ConfigurationReload
): () => Promise<void> {
  return follow(first, {
    read,
    isSame: (one, other) => one === other,
    use(text) {
      // A shell that writes a file empties it first. No configuration at all would enforce everything.
      if (text.replace(/^\s*#.*$/gm, '').trim() === '') throw new Error('the file has become empty')
      use(parse(text))
    },
    good,
    failed
  })
}
