import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { CERT_CONTROLLER_FLAGS, type CertControllerFlags } from './flags.ts'

export function addCertControllerCommand(program: Command): void {
  const command = program
    .command('cert-controller')
    .description('Issue and renew the serving certificate in a cluster without cert-manager.')
    .addHelpText(
      'after',
      examples([
        ['In a Pod of the component cert-controller', 'holdfast cert-controller'],
        ['To renew more often', 'holdfast cert-controller --days=30'],
        ['To trust a replaced CA for a shorter time', 'holdfast cert-controller --retire-delay=10m']
      ])
    )
  addFlags(command, CERT_CONTROLLER_FLAGS).action(async (flags: CertControllerFlags) => {
    const { certController } = await import('./run.ts')
    await certController(flags)
  })
}
