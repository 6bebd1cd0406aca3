import type { Command } from 'commander'
import { addFlags, examples } from '../flags/flag.ts'
import { SERVE_FLAGS, type ServeFlags } from './flags.ts'

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('Serve admission reviews over HTTPS.')
    .addHelpText(
      'after',
      examples([
        ['To try it out, with a self-signed certificate', 'holdfast serve'],
        [
          'In a cluster',
          'holdfast serve --config=/etc/holdfast/config.yaml --tls-cert-file=tls.crt --tls-private-key-file=tls.key'
        ],
        [
          'To refuse and repair nothing, whatever the configuration says',
          'holdfast serve --config=config.yaml --mode=warn'
        ]
      ])
    )
  addFlags(command, SERVE_FLAGS).action(async (flags: ServeFlags) => {
    const { serve } = await import('./run.ts')
    await serve(flags)
  })
}
