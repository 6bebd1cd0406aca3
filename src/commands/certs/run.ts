import { lstat } from 'node:fs/promises'
import { issueCertificates } from '../../certificates/issue.ts'
import { issuedFilesIn, writeIssued } from '../../certificates/tls-files.ts'
import { pageAt } from '../../documentation.ts'
import { HoldfastError, messageOf } from '../../errors.ts'
import type { CertsFlags } from './flags.ts'

/** The names by which the API server and a developer reach the webhook. */
const HOSTS = [
  'holdfast.holdfast-system.svc',
  'holdfast.holdfast-system.svc.cluster.local',
  'localhost',
  '127.0.0.1'
] as const

/** @throws HoldfastError FILE_UNWRITABLE, and then no file is touched */
export async function certs(directory: string, { hosts = HOSTS, days: validity, force }: CertsFlags): Promise<void> {
  const issued = await issueCertificates(hosts, validity, new Date())
  const files = issuedFilesIn(directory)
  const there: string[] = []
  for (const file of Object.values(files)) if (await isThere(file)) there.push(file)
  if (there.length > 0 && !force) throw new HoldfastError('FILE_UNWRITABLE', `${there.join(', ')} would be replaced`)
  try {
    await writeIssued(directory, issued)
  } catch (error) {
    throw new HoldfastError('FILE_UNWRITABLE', `Cannot write to ${directory}: ${messageOf(error)}`, { cause: error })
  }
  process.stdout.write(`${files.ca}, ${files.certificate} and ${files.key} are valid for ${validity} days, for ${hosts.join(', ')}.
The CA's key is not kept, so it can sign nothing else.

In a cluster:
  kubectl -n holdfast-system create secret tls holdfast-tls --cert=${files.certificate} --key=${files.key}
and ${files.ca}, in base64, is the caBundle of the webhook configurations (the kustomization: ${pageAt('manifests/README.md')}).

On this machine:
  holdfast serve --tls-cert-file=${files.certificate} --tls-private-key-file=${files.key}
`)
}

/** A link that leads nowhere is there as well. */
function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false
  )
}
