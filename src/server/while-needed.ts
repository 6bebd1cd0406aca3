/** A timer that runs from `start` until `call` says that it is not needed any more: an idle server does not wake up. */
export function whileNeeded(everyMs: number, call: () => boolean): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  return {
    start() {
      timer ??= setInterval(() => {
        if (!call()) stop()
      }, everyMs).unref()
    },
    stop
  }
}
