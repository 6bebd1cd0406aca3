import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { FORMATS_HELP } from '../flags/output.ts'
import { SCAN_FLAGS, type ScanFlags } from './flags.ts'

export function addScanCommand(program: Command): void {
  const command = program
    .command('scan')
    .description('Check what a cluster already runs.')
    .addHelpText('after', FORMATS_HELP)
    .addHelpText(
      'after',
      examples([
        ['The namespace of the current context', 'holdfast scan'],
        ['The whole cluster, with an HTML report', 'holdfast scan -A -o text -o html=holdfast.html'],
        ['With the configuration of the webhook', 'holdfast scan -A --context=production --config=holdfast.yaml'],
        [
          'Every day, with the trend',
          'holdfast scan -A --history=/var/lib/holdfast -o html=/var/lib/holdfast/scan.html'
        ],
        ['The whole cluster, with reports in the cluster', 'holdfast scan -A --report=openreports']
      ])
    )
  addFlags(command, SCAN_FLAGS).action(async (flags: ScanFlags) => {
    const { scan } = await import('./run.ts')
    await scan(flags)
  })
}
