/** What a new policy begins as. What is left empty fails a test that says so, until its author fills it in. */

/** Two words or more, in lower case, with dashes between them. */
export const POLICY_ID = /^[a-z]+(-[a-z]+)+$/

export interface ScaffoldedFile {
  readonly file: string
  /** What is left to its author. */
  readonly left: string
  /** The file that is there, changed; undefined is given where there is none. */
  readonly write: (present: string | undefined) => string
}

/** @param isOverSet whether the policy looks at objects that belong together */
export function scaffoldOf(id: string, isOverSet = false): readonly ScaffoldedFile[] {
  const [source, test] = isOverSet ? [SET_SOURCE, SET_TEST] : [SOURCE, TEST]
  return [
    {
      file: `src/policies/${id}.ts`,
      left: isOverSet
        ? 'the summary, the kinds that it reads and needs, what it applies to, and its check'
        : 'the summary, what it matches and what that is about, and its check',
      write: () => source.replaceAll('ID', id)
    },
    {
      file: `test/policies/${id}.test.ts`,
      left: isOverSet
        ? 'a table of cases, with those in which it has to be silent'
        : 'a table of cases, with one in which it finds something for each Match',
      write: () => test.replaceAll('ID', id)
    },
    {
      file: `docs/policies/${id}.md`,
      left: 'what it stops, examples, and when to turn it off',
      write: () => PAGE.replaceAll('ID', id)
    },
    {
      file: 'src/policies/index.ts',
      left: 'nothing; it is the last that is asked',
      write: (text = '') => listed(text, id)
    },
    {
      file: 'README.md',
      left: 'what it does, in its row, and the place of the row among the tables of policies',
      write: (text = '') => withRow(text, id)
    }
  ]
}

const SOURCE = `import { definePolicy } from '../core/policy.ts'

export default definePolicy({
  id: 'ID',
  summary: '',
  defaultMode: 'warn',
  matches: [],
  options: {},
  check: () => []
})
`

const TEST = `import policy from '../../src/policies/ID.ts'
import { testPolicy } from '../helpers/policy-tester.ts'

testPolicy(policy, {
  accepted: [],
  refused: []
})
`

const SET_SOURCE = `import { defineSetPolicy } from '../core/policy.ts'

export default defineSetPolicy({
  id: 'ID',
  summary: '',
  defaultMode: 'warn',
  options: {},
  reads: [],
  needs: [],
  appliesTo: () => false,
  checkSet: () => []
})
`

const SET_TEST = `import policy from '../../src/policies/ID.ts'
import { testSetPolicy } from '../helpers/set-policy-tester.ts'

testSetPolicy(policy, {
  silent: [],
  found: []
})
`

const PAGE = `# ID



| | |
|---|---|
| Sees | |
| Default mode | |
| Can deny | |
| Can repair | |

## What it stops

## Refused

## Accepted

## Options

Set these under \`policies.ID\` in the [configuration file](../configuration.md):

<!-- options: written by npm run generate -->

<!-- end of options -->

## When to turn it off

## At 3 a.m.

<!-- what gets it out of the way: written by npm run generate -->

<!-- end of what gets it out of the way -->
`

/** The index with an import, in the order of the files, and the last line of the catalogue. */
function listed(index: string, id: string): string {
  const name = id.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const imports = [...index.matchAll(/^import \w+ from '\.\/.+'$/gm)].map(([line]) => line)
  const [all, last] = [imports.join('\n'), /(\w+)\n\]\n$/.exec(index)?.[1]]
  if (!index.includes(all) || last === undefined) throw new Error('src/policies/index.ts is not in its usual shape')
  const pathOf = (line: string) => line.slice(line.indexOf("'"))
  const sorted = [...imports, `import ${name} from './${id}.ts'`].sort((one, other) =>
    pathOf(one) < pathOf(other) ? -1 : 1
  )
  return index.replace(all, sorted.join('\n')).replace(/\n\]\n$/, `,\n  ${name}\n]\n`)
}

/** The last table of policies with one row more, whose last cell is empty. */
function withRow(readme: string, id: string): string {
  const last = [...readme.matchAll(/^\| \[`[\w-]+`\]\(docs\/policies\/.*\n/gm)].at(-1)
  if (last === undefined) throw new Error('README.md has lost its tables of policies')
  const end = last.index + last[0].length
  return `${readme.slice(0, end)}| [\`${id}\`](docs/policies/${id}.md) | | | |\n${readme.slice(end)}`
}
