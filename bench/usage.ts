/** Preloaded into a server under measurement: answers its parent with what the process has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() })
})
// A server must not outlive the run that measures it, however that ends.
process.on('disconnect', () => process.exit())
// The channel must not keep a drained server alive.
process.channel?.unref()
