// npm run e2e:assets -- [MINOR]: prints the directory with the programs of a control plane, built where they are missing.

import { buildAssets, NEWEST } from '../test/e2e/control-plane/build.ts'

const [minor = NEWEST] = process.argv.slice(2)
const directory = await buildAssets(minor, process.env, (line) => process.stderr.write(`${line}\n`))
process.stdout.write(`${directory}\n`)
