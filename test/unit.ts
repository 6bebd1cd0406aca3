// The tests of what computes, in one process: `npm run test:unit`, for while you work. `npm test` runs every file by itself.
import { globSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const PURE = 'core,policies,config,admission,inventory,report,upgrade'
/** Starts a browser. */
const SLOW = 'report/html/browser.test.ts'

const files = globSync(`{${PURE}}/**/*.test.ts`, { cwd: import.meta.dirname, exclude: [SLOW] })
for (const file of files.sort()) await import(pathToFileURL(`${import.meta.dirname}/${file}`).href)
