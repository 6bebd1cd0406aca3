import { MODES } from '../core/mode.ts'
import { OUTCOMES } from '../core/verdict.ts'
import { REPORT_API_VERSION, REPORT_KIND } from './json.ts'
import { LEVELS } from './report.ts'

type Schema = Readonly<Record<string, unknown>>

const TEXT = { type: 'string' }
const NAME = { type: 'string', minLength: 1 }
const NUMBER = { type: 'integer', minimum: 0 }
const LINE = { type: 'integer', minimum: 1 }

/** The JSON Schema of what `-o json` writes. `npm run generate` writes it to docs/report.schema.json. */
export function reportSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: REPORT_KIND,
    ...closed(
      {
        apiVersion: { const: REPORT_API_VERSION, description: 'The version of this format.' },
        kind: { const: REPORT_KIND, description: 'The kind of this document.' },
        command: { enum: ['check', 'scan'], description: 'The command that made the report.' },
        version: { ...NAME, description: 'The version of Holdfast that made the report.' },
        createdAt: {
          type: 'string',
          pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
          description: 'When the run began: ISO 8601, UTC.'
        },
        source: { ...TEXT, description: 'What was looked at, in words.' },
        judged: { ...NUMBER, description: 'How many objects policies were asked about.' },
        notChecked: notCheckedSchema(),
        counts: countsSchema(),
        settings: settingsSchema(),
        policies: list(policySchema(), 'The whole catalogue, whether or not a policy found something.'),
        objects: list(objectSchema(), 'Objects with something to say about, in the order in which they were met.'),
        leftOut: leftOutSchema('Findings of objects that are not listed.', {
          objects: { ...NUMBER, description: 'How many objects that is.' }
        }),
        baseline: {
          description: 'Findings that a baseline knows. They are neither listed nor counted above.',
          ...closed(
            {
              ...levels(),
              file: { ...NAME, description: 'The baseline, as it was given.' },
              gone: { ...NUMBER, description: 'How many of its entries no longer occur.' }
            },
            []
          )
        },
        problems: list(problemSchema(), 'What could not be read or checked; the rest was, all the same.'),
        notes: list(TEXT, 'Sentences for the reader that are neither a finding nor a problem.')
      },
      ['settings', 'notChecked', 'leftOut', 'baseline']
    )
  }
}

function notCheckedSchema(): Schema {
  const kind = closed(
    {
      group: { ...TEXT, description: 'The API group; empty for the core group.' },
      kind: { ...NAME, description: 'The kind.' },
      objects: { ...NUMBER, description: 'How many objects of the kind.' }
    },
    []
  )
  return {
    description: 'Objects that were read and that no policy looks at; absent where there are none, and in a scan.',
    ...closed(
      {
        objects: { ...NUMBER, description: 'How many objects that is.' },
        kinds: list(kind, 'Their kinds, the most frequent first; at most 500.')
      },
      []
    )
  }
}

function settingsSchema(): Schema {
  return {
    description: 'What the objects were checked with.',
    ...closed(
      {
        configuration: { ...NAME, description: 'The configuration file; absent where there was none.' },
        ceiling: { enum: MODES, description: 'The ceiling for the modes of all policies.' },
        kubernetesVersion: { ...NAME, description: 'The version of the API server; absent where it is not known.' }
      },
      ['configuration', 'kubernetesVersion']
    )
  }
}

function countsSchema(): Schema {
  return { description: 'How many findings there are of each level, listed or not.', ...closed(levels(), []) }
}

/** Absent where everything is listed. */
function leftOutSchema(description: string, more: Readonly<Record<string, Schema>> = {}): Schema {
  return { description, ...closed({ ...levels(), ...more }, []) }
}

function levels(): Readonly<Record<string, Schema>> {
  const counts = LEVELS.map((level) => [level, { ...NUMBER, description: `How many findings are of level ${level}.` }])
  return Object.fromEntries(counts)
}

function policySchema(): Schema {
  return closed(
    {
      id: { ...NAME, description: 'The id, which names the page of the policy too.' },
      summary: { ...TEXT, description: 'What the policy asks for, in one sentence.' },
      mode: { enum: MODES, description: 'The mode in force where no setting is for one namespace.' }
    },
    []
  )
}

function objectSchema(): Schema {
  return closed(
    {
      group: { ...TEXT, description: 'The API group; empty for the core group.' },
      kind: { ...NAME, description: 'The kind.' },
      namespace: { ...TEXT, description: 'The namespace.' },
      name: { ...TEXT, description: 'The name; ends in `*` where the API server has yet to generate it.' },
      operation: {
        enum: ['CREATE', 'UPDATE'],
        description: '`UPDATE` where there was an old object to compare with.'
      },
      location: locationSchema(),
      findings: list(findingSchema(), 'What policies found, in the order of the catalogue.'),
      leftOut: leftOutSchema('Findings that are not listed, because worse ones have all the room.')
    },
    ['location', 'leftOut']
  )
}

function locationSchema(): Schema {
  return {
    description: 'Where the object stands in a file; absent for an object of a cluster.',
    ...closed(
      {
        file: { ...NAME, description: 'The path as it was given; `-` for standard input.' },
        line: { ...LINE, description: 'The line at which the object begins, from 1.' },
        column: { ...LINE, description: 'The column at which it begins, from 1.' },
        template: { ...NAME, description: 'The template that Helm rendered the object from, where a comment says so.' }
      },
      ['column', 'template']
    )
  }
}

function findingSchema(): Schema {
  return closed(
    {
      policy: { ...NAME, description: 'The id of the policy.' },
      mode: { enum: MODES, description: 'The mode after all ceilings.' },
      outcome: { enum: OUTCOMES, description: 'What came of the finding.' },
      level: {
        enum: LEVELS,
        description: '`error` is rejected in enforce mode, `warning` what clients are warned of, `note` all the rest.'
      },
      field: { ...TEXT, description: 'The field, as Kubernetes writes it; empty where a policy crashed.' },
      identity: {
        ...NAME,
        description:
          'What the finding is called for as long as it is the same one, among those of its policy about the object: ' +
          'it stays while lines move, values change and containers or volumes are put in front.'
      },
      line: {
        ...LINE,
        description: 'The line of the field in the file, or of the nearest field above it that is there, from 1.'
      },
      column: { ...LINE, description: 'The column at which it begins, in UTF-16 code units from 1.' },
      frame: frameSchema(),
      message: { ...TEXT, description: 'What is wrong, or what was repaired: one sentence without a full stop.' },
      caution: { ...TEXT, description: 'What could be lost during the remediation.' },
      remediation: { ...TEXT, description: 'The remediation; absent for a repair, which needs none.' },
      changes: list(changeSchema(), 'The values that the message is about, where it is about a change.'),
      failsNextUpgrade: {
        const: true,
        description: 'The object stands as it is: it is its next upgrade that will be refused.'
      },
      noDiff: {
        ...TEXT,
        description: 'Why a run with --fix does not change what it is about; absent where it does, and in other runs.'
      },
      involved: list(
        involvedSchema(),
        'Other objects that have a part in it, where it is about objects that belong together.'
      )
    },
    ['line', 'column', 'frame', 'caution', 'remediation', 'changes', 'failsNextUpgrade', 'noDiff', 'involved']
  )
}

function frameSchema(): Schema {
  return {
    description: 'What is written in the file: the line of the finding, with the one before it and the one behind it.',
    ...closed(
      {
        first: { ...LINE, description: 'The number of the first line, from 1.' },
        lines: list(TEXT, 'The lines; a long one ends, or begins, in an ellipsis.')
      },
      []
    )
  }
}

function involvedSchema(): Schema {
  return closed(
    {
      group: { ...TEXT, description: 'The API group; empty for the core group.' },
      kind: { ...NAME, description: 'The kind.' },
      namespace: { ...TEXT, description: 'The namespace.' },
      name: { ...TEXT, description: 'The name.' },
      location: locationSchema()
    },
    ['location']
  )
}

function changeSchema(): Schema {
  return closed(
    {
      key: { ...TEXT, description: 'The key of a label, or the path of a field.' },
      before: { ...TEXT, description: 'The value before, on one line; absent where there was none.' },
      after: { ...TEXT, description: 'The value after, on one line; absent where there is none.' }
    },
    ['before', 'after']
  )
}

function problemSchema(): Schema {
  return closed(
    {
      where: { ...TEXT, description: 'A file, or what was asked of the cluster.' },
      line: { ...LINE, description: 'The line, from 1.' },
      code: { ...NAME, description: 'A code of docs/errors.md.' },
      message: { ...TEXT, description: 'What happened and what helps, in one sentence.' }
    },
    ['line']
  )
}

function list(items: Schema, description: string): Schema {
  return { type: 'array', description, items }
}

/** A map with these fields and no others, all of them required but the optional ones. */
function closed(properties: Readonly<Record<string, Schema>>, optional: readonly string[]): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', additionalProperties: false, required, properties }
}
