/** A line on a terminal that says how far a long run has got; nothing at all where nobody watches. */
export interface Progress {
  show(text: string): void
  /** Takes the line away, so that what is written next begins where it stood. */
  end(): void
}

/** Milliseconds between two looks of the line: more often, nobody could read it. */
const INTERVAL = 100

const NOTHING: Progress = { show: () => {}, end: () => {} }

export function progressOn(stream: NodeJS.WriteStream, now: () => number): Progress {
  if (!stream.isTTY) return NOTHING
  let next = 0
  let shown = false
  return {
    show(text) {
      if (now() < next) return
      next = now() + INTERVAL
      shown = true
      stream.write(`\r\x1b[K${text.slice(0, (stream.columns || 80) - 1)}`)
    },
    end() {
      if (!shown) return
      shown = false
      stream.write('\r\x1b[K')
    }
  }
}
