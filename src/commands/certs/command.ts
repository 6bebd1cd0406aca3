import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { CERTS_FLAGS, type CertsFlags } from './flags.ts'

export function addCertsCommand(program: Command): void {
  const command = program
    .command('certs')
    .description('Generate a CA and a serving certificate, for development and clusters without cert-manager.')
    .argument('<dir>', 'directory for ca.crt, tls.crt and tls.key')
    .addHelpText(
      'after',
      examples([
        ['For the names that the manifests use', 'holdfast certs certs'],
        [
          'For another namespace',
          'holdfast certs certs --hosts=holdfast.webhooks.svc,holdfast.webhooks.svc.cluster.local'
        ],
        ['To replace existing files', 'holdfast certs certs --force']
      ])
    )
  addFlags(command, CERTS_FLAGS).action(async (directory: string, flags: CertsFlags) => {
    const { certs } = await import('./run.ts')
    await certs(directory, flags)
  })
}
