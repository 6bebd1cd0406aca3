import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { HoldfastError, messageOf } from '../errors.ts'

/** @throws HoldfastError PORT_UNAVAILABLE that names the flag of the port, and what to do */
export async function listen(app: FastifyInstance, host: string, port: number, flag: string): Promise<AddressInfo> {
  try {
    await app.listen({ host, port, listenTextResolver: () => '' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // `::` takes IPv4 too; where a node has no IPv6 at all, IPv4 alone has to do.
    if (host === '::' && code === 'EAFNOSUPPORT') return listen(app, '0.0.0.0', port, flag)
    const why = WHY[code ?? '']?.(host) ?? messageOf(error)
    throw new HoldfastError('PORT_UNAVAILABLE', `Cannot listen on port ${port} of ${flag}: ${why}`, { cause: error })
  }
  return app.server.address() as AddressInfo
}

const WHY: Readonly<Record<string, (host: string) => string>> = {
  EADDRINUSE: () => 'another process listens on it (EADDRINUSE)',
  EACCES: () => 'the process may not listen on it, as on ports below 1024 (EACCES)',
  EADDRNOTAVAIL: (host) => `--bind-address=${host} is not an address of this machine (EADDRNOTAVAIL)`,
  ENOTFOUND: (host) => `--bind-address=${host} is not an address (ENOTFOUND)`
}
