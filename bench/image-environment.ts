import { readFileSync } from 'node:fs'

/** What the Dockerfile tells Node.js and the C library about memory, by the names of the variables. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const variables = [...dockerfile.matchAll(/^ENV (NODE_OPTIONS|MALLOC_\w+)=(\S+)$/gm)]
  if (variables.length === 0) throw new Error('the Dockerfile says nothing about memory')
  return Object.fromEntries(variables.map(([, name, value]) => [name, value]))
}
