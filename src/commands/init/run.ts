import { lstat } from 'node:fs/promises'
import { oneLine } from '../../core/values/text.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import { proposedPaths } from '../../inventory/files/propose.ts'
import { replaceFiles } from '../../replace-file.ts'
import { VERSION } from '../../version.ts'
import { matchedResource } from '../check/manifest.ts'
import { configurationFile } from '../configuration-file.ts'
import { CONFIGURATION_NAME } from '../discover.ts'
import type { InitFlags } from './flags.ts'
import { configurationText } from './text.ts'

/** @throws HoldfastError FILE_UNWRITABLE */
export async function init({ force }: InitFlags): Promise<void> {
  const isThere = await lstat(CONFIGURATION_NAME).then(
    () => true,
    () => false
  )
  if (isThere && !force) throw new HoldfastError('FILE_UNWRITABLE', `${CONFIGURATION_NAME} would be replaced`)
  const above = isThere ? undefined : await configurationFile(undefined)
  const paths = await proposedPaths('.', (object) => matchedResource(object) !== undefined)
  try {
    await replaceFiles([{ file: CONFIGURATION_NAME, text: configurationText(paths, VERSION) }])
  } catch (error) {
    const what = `Cannot write ${CONFIGURATION_NAME}: ${messageOf(error)}`
    throw new HoldfastError('FILE_UNWRITABLE', what, { cause: error })
  }
  const found = paths.length === 0 ? [NOTHING_FOUND] : ['It checks:', ...paths.map((path) => `  ${oneLine(path)}`)]
  const instead = above === undefined ? [] : [`In this directory, it applies instead of ${above}.`]
  process.stdout.write(`${[`Wrote ${CONFIGURATION_NAME}.`, ...found, ...instead, NEXT].join('\n')}\n`)
}

const NOTHING_FOUND = 'It found nothing to check: set check.paths.'

const NEXT = `
To check, run: holdfast check
To accept what is found today, run: holdfast check --write-baseline .holdfast-baseline.yaml`
