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
        ['The whole cluster, as a page to look at', 'holdfast scan -A -o text -o html=holdfast.html'],
        ['As the webhook of a cluster would check', 'holdfast scan -A --context=production --config=holdfast.yaml'],
        ['And leave what was found in the cluster', 'holdfast scan -A --report=openreports']
      ])
    )
  addFlags(command, SCAN_FLAGS).action(async (flags: ScanFlags) => {
    const { scan } = await import('./run.ts')
    await scan(flags)
  })
}
