// charts/holdfast as Helm renders it.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { findHelms } from '../e2e/harness/helm.ts'
import type { Manifest } from './render.ts'

export const CHART = fileURLToPath(new URL('../../charts/holdfast', import.meta.url))

/** The programs of the major versions that are on the PATH. */
export const helms = await findHelms()

/** For the options of t.test: a reason to skip, or false. */
export const noHelm = helms.size === 0 ? 'there is no Helm on the PATH, and nothing else renders the chart' : false

export interface Templated {
  /** What Helm applies, without the hooks. */
  readonly manifests: readonly Manifest[]
  readonly hooks: readonly Manifest[]
}

/** What only a release has, and `helm template` does not print. */
const IN_RELEASE = '{{- if lookup "v1" "Namespace" "" "kube-system" }}'

/** The hooks of `helm test` in a release, as they are where there is a cluster. */
export function testHooks(program: string, namespace: string, values: object): readonly Manifest[] {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-chart-'))
  try {
    cpSync(CHART, directory, { recursive: true })
    const file = join(directory, 'templates/tests/doctor.yaml')
    const text = readFileSync(file, 'utf8')
    if (!text.includes(IN_RELEASE)) throw new Error('its condition has changed')
    writeFileSync(file, text.replace(IN_RELEASE, '{{- if true }}'))
    return template(program, namespace, values, directory).hooks
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @throws {Error} with what Helm says, where it refuses the values */
export function template(program: string, namespace: string, values: object, chart = CHART): Templated {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-template-'))
  try {
    const args = ['template', 'holdfast', chart, '--namespace', namespace, '--kube-version', '1.36', '--values', '-']
    const env = { PATH: process.env.PATH, HOME: home }
    const { status, stdout, stderr } = spawnSync(program, args, {
      input: JSON.stringify(values),
      env,
      encoding: 'utf8',
      maxBuffer: 10_000_000
    })
    if (status !== 0) throw new Error(stderr)
    // As Helm and kubectl read it: YAML 1.1, in which an unquoted off is a boolean.
    const objects = parseAllDocuments(stdout, { schema: 'yaml-1.1', uniqueKeys: true }).flatMap((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return (document.toJS() as Manifest | null) ?? []
    })
    const isHook = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/hook'] !== undefined
    return { manifests: objects.filter((object) => !isHook(object)), hooks: objects.filter(isHook) }
  } finally {
    rmSync(home, { recursive: true })
  }
}
