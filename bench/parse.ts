import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'

/** The least that anyone could do with a directory of YAML: read each file and parse it. */
const directory = process.argv[2] as string
let documents = 0
for (const file of globSync('**/*.yaml', { cwd: directory })) {
  documents += loadAll(readFileSync(join(directory, file), 'utf8')).length
}
console.log(documents)
