import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const executable = [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path))

/** The sentence with which tests of a page skip, or false where there is a browser. */
export const skip =
  executable === undefined &&
  'there is no Chromium in /usr/bin: set CHROMIUM to the path of one to test the page itself'

/** As little noise of its own as a browser can be talked into. */
const QUIET =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executable as string, args: QUIET.split(' ') })
}
