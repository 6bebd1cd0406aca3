// Preloaded into a server: its clock is off by the milliseconds that a file has, read when SIGUSR2 comes.
import { readFileSync } from 'node:fs'

const RealDate = Date
let shift = 0

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + shift)
    else super(...parts)
  }

  static now() {
    return RealDate.now() + shift
  }
}

process.on('SIGUSR2', () => {
  shift = Number(readFileSync(process.env.HOLDFAST_SOAK_CLOCK, 'utf8'))
})
