/** Resolves with the first signal; a second one ends the process at once. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let signals = 0
    const listen = (signal: NodeJS.Signals): void => {
      if (++signals > 1) process.exit(1)
      resolve(signal)
    }
    process.on('SIGTERM', listen)
    process.on('SIGINT', listen)
  })
}
