import { readFileSync } from 'node:fs'

/** What the Dockerfile tells Node.js and the C library about memory, by the names of the variables. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const variables = [...dockerfile.matchAll(/^ENV (NODE_OPTIONS|MALLOC_\w+)=(\S+)$/gm)]
  const environment = Object.fromEntries(variables.map(([, name, value]) => [name, value]))
  if (environment.NODE_OPTIONS === undefined) throw new Error('the Dockerfile has no NODE_OPTIONS of one word')
  return environment
}
