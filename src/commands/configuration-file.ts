import { readFile } from 'node:fs/promises'
import { HoldfastError, messageOf } from '../errors.ts'

/** @throws HoldfastError CONFIG_UNREADABLE */
export async function readConfigurationFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new HoldfastError('CONFIG_UNREADABLE', `Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}
