import { performance } from 'node:perf_hooks'
import { main } from '../../../src/main.ts'

/** The command as it is run, which tells its parent how often its event loop has turned. */
process.on('message', () => process.send?.(performance.nodeTiming.uvMetricsInfo.loopCount))
process.on('disconnect', () => process.exit())
process.channel?.unref()
await main(process.argv)
