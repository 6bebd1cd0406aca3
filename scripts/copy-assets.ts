import { cpSync } from 'node:fs'
import { join } from 'node:path'

/** Puts what the compiler leaves where it is, such as the style of the HTML report, beside the modules that load it. */

const ROOT = join(import.meta.dirname, '..')

cpSync(join(ROOT, 'src'), process.argv[2] ?? join(ROOT, 'dist'), {
  recursive: true,
  filter: (source) => !source.endsWith('.ts')
})
