import { writeSync } from 'node:fs'

/** Preloaded into a command under measurement: writes to descriptor 3 what the process has used when it ends. */
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  writeSync(3, JSON.stringify({ cpu: userCPUTime + systemCPUTime, peak: maxRSS * 1024 }))
})
