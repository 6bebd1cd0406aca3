import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { loadFormat } from '../../../src/report/formats.ts'
import type { Report } from '../../../src/report/report.ts'
import { checkReport, cleanReport, hostileReport, scanReport } from '../../fixtures/reports.ts'
import { launchChromium, skip } from '../../helpers/chromium.ts'

t.setTimeout(300_000)

const htmlReport = await loadFormat('html')

let browser: Browser
if (!skip) {
  t.before(async () => {
    browser = await launchChromium()
  })
  t.teardown(() => browser.close())
}

interface Visit extends BrowserContextOptions {
  readonly hash?: string
}

/** Opens a report as a file. In the end the browser has nothing to complain of, and has asked the network for nothing. */
function visit(
  name: string,
  report: Report,
  { hash = '', ...options }: Visit,
  body: (t: Test, page: Page) => Promise<void>
): void {
  t.test(name, { skip }, async (t) => {
    const file = join(t.testdir(), 'report.html')
    writeFileSync(file, htmlReport(report, { colour: false, width: 80 }))
    const url = pathToFileURL(file).href
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    const requests = new Set<string>()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => requests.add(request.url().split('#')[0] as string))
    await page.goto(url + hash)
    await body(t, page)
    await context.close()
    t.strictSame(complaints, [], 'no errors and no warnings')
    const others = [...requests].filter((other) => other !== url && !other.startsWith('data:'))
    t.strictSame(others, [], 'and no request')
  })
}

/** Waits for it: a link changes the address first, and the page follows. */
async function counts(t: Test, page: Page, words: string, why = words): Promise<void> {
  await page.locator('#count', { hasText: words }).waitFor({ timeout: 20_000 })
  t.pass(why)
}

async function shown(
  page: Page
): Promise<{ readonly count: string; readonly findings: number; readonly hash: string }> {
  const count = (await page.locator('#count').textContent()) ?? ''
  const findings = await page.locator('article:not([hidden]) .finding:not([hidden])').count()
  const visible = await page.locator('.finding:visible').count()
  // Last of all: Playwright is told of a change some time after it.
  const { hash } = new URL(page.url())
  if (hash !== '' && visible !== findings) throw new Error(`${visible} of ${findings} are unfolded, although asked for`)
  return { count, findings, hash }
}

visit('each filter', scanReport(), {}, async (t, page) => {
  t.strictSame(await shown(page), { count: '69 of 69 findings shown', findings: 69, hash: '' })
  t.notOk(await page.getByText('Clear filters').first().isVisible(), 'nothing to clear')

  await page.getByRole('combobox', { name: 'Policy' }).selectOption('prometheus-availability')
  t.strictSame(await shown(page), {
    count: '5 of 69 findings shown',
    findings: 5,
    hash: '#policy=prometheus-availability'
  })
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption('payments')
  t.strictSame(await shown(page), {
    count: '1 of 69 findings shown',
    findings: 1,
    hash: '#policy=prometheus-availability&namespace=payments'
  })
  t.equal(await page.locator('article:visible').count(), 1, 'faults with nothing to show are gone')
  await page.getByText('Clear filters').first().click()
  t.strictSame(await shown(page), { count: '69 of 69 findings shown', findings: 69, hash: '' })

  await page.getByLabel('2 errors').check()
  t.strictSame(await shown(page), { count: '2 of 69 findings shown', findings: 2, hash: '#level=error' })
  await page.getByLabel('21 notes').check()
  t.equal((await shown(page)).hash, '#level=error&level=note')
  t.equal((await shown(page)).findings, 23, 'either of two levels')
  await page.getByLabel('2 errors').uncheck()
  await page.getByLabel('21 notes').uncheck()

  await page.getByLabel('9 at the next upgrade').check()
  t.strictSame(await shown(page), { count: '9 of 69 findings shown', findings: 9, hash: '#upgrade=1' })
  await page.getByLabel('9 at the next upgrade').uncheck()

  await page.getByRole('searchbox').fill('  EDGE emptyDir ')
  t.strictSame(await shown(page), { count: '1 of 69 findings shown', findings: 1, hash: '#q=EDGE+emptyDir' })
})

visit('nothing fits', scanReport(), {}, async (t, page) => {
  t.notOk(await page.locator('#empty').isVisible())
  await page.getByRole('searchbox').fill('zebra')
  await counts(t, page, '0 of 69 findings shown')
  t.ok(await page.getByText('No finding fits all of these filters.').isVisible())
  await page.locator('#empty button').click()
  await counts(t, page, '69 of 69 findings shown')
  t.equal(await page.getByRole('searchbox').inputValue(), '')
  t.notOk(await page.locator('#empty').isVisible())
})

visit('the summary filters', scanReport(), {}, async (t, page) => {
  await page.getByRole('link', { name: 'shared-tsdb-claim' }).click()
  await counts(t, page, '2 of 69 findings shown')
  t.equal(await page.getByRole('combobox', { name: 'Policy' }).inputValue(), 'shared-tsdb-claim')
  await page.locator('#findings-title:focus').waitFor()
  await page.getByRole('link', { name: '10 warnings in search' }).click()
  await counts(t, page, '10 of 69 findings shown')
  t.equal(await page.locator('[aria-current]').count(), 1, 'what is shown is told apart')
  await page.getByRole('link', { name: '9 fail at their next upgrade' }).click()
  await counts(t, page, '9 of 69 findings shown')
  await page.goBack()
  await counts(t, page, '10 of 69 findings shown', 'each is a step back')
})

/** Objects get their height when they come into view. */
const SOME_FRAMES = `new Promise((done) => {
  let left = 10
  const next = () => (left-- > 0 ? requestAnimationFrame(next) : done())
  next()
})`

const ADDRESS = '#namespace=search&level=warning&policy=no-such-policy'

visit('the address is the filter', scanReport(), { hash: ADDRESS }, async (t, page) => {
  await counts(t, page, '10 of 69 findings shown', 'what is unknown is left out')
  t.equal(await page.getByRole('combobox', { name: 'Namespace' }).inputValue(), 'search')
  await page.getByRole('link', { name: 'StatefulSet sandbox/pgw-prometheus-pushgateway' }).click()
  await counts(t, page, '69 of 69 findings shown', 'no filter hides an object that was asked for')
  const place = page.locator('.finding:target')
  t.match(await place.locator('.name').textContent(), 'sandbox/pgw-prometheus-pushgateway')
  await page.evaluate(SOME_FRAMES)
  const at = `document.querySelector(':target .name').getBoundingClientRect()`
  const seen = `document.elementFromPoint(${at}.x + 2, ${at}.y + 2).closest('.object')?.textContent`
  t.match(await page.evaluate(seen), 'sandbox/pgw-prometheus-pushgateway', 'nothing lies on it')
})

const COMMAND = 'kubectl delete statefulset --cascade=orphan pgw-prometheus-pushgateway -n monitoring'
const permissions = ['clipboard-read', 'clipboard-write']

visit('a command is copied', checkReport(), { permissions }, async (t, page) => {
  await page.getByRole('button', { name: 'Copy' }).first().click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), COMMAND)
  t.equal(await page.locator('#said').textContent(), 'Copied', 'those who hear the page are told')
})

visit(
  'a command is copied without the clipboard of modern browsers',
  checkReport(),
  { permissions },
  async (t, page) => {
    await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')
    await page.getByRole('button', { name: 'Copy' }).first().click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    await page.getByRole('searchbox').focus()
    await page.keyboard.press('Control+V')
    t.equal(await page.getByRole('searchbox').inputValue(), COMMAND)
  }
)

visit('with the keyboard alone', scanReport(), {}, async (t, page) => {
  await page.keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the findings')
  await page.keyboard.press('Enter')
  await page.locator('#findings-title:focus').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type('canary')
  await counts(t, page, '6 of 69 findings shown')
  for (const _ of ['policy', 'namespace', 'errors', 'warnings']) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await counts(t, page, '0 of 69 findings shown')
})

visit(
  'without JavaScript everything is there, and nothing that needs it',
  scanReport(),
  { javaScriptEnabled: false },
  async (t, page) => {
    t.strictSame(await shown(page), { count: '69 findings in 42 objects', findings: 69, hash: '' })
    for (const summary of await page.locator('#findings summary').all()) await summary.click()
    const [open, all] = [page.locator('#findings details[open]'), page.locator('#findings details')]
    t.ok((await open.count()) > 3 && (await open.count()) < (await all.count()), 'and it unfolds and folds')
    for (const what of ['#filters', 'button', 'a[href*="="]'])
      t.equal(await page.locator(`${what}:visible`).count(), 0, what)
  }
)

/** What is wider than the window, with all of the page laid out. */
const TOO_WIDE = `(() => {
  for (const article of document.querySelectorAll('article')) article.style.contentVisibility = 'visible'
  for (const details of document.querySelectorAll('details')) details.open = true
  const wide = [...document.querySelectorAll('body *:not(.aside, .skip)')].filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  return [document.documentElement.scrollWidth, ...wide.map((element) => element.outerHTML.slice(0, 100))]
})()`

const REPORTS = { check: checkReport(), scan: scanReport(), clean: cleanReport(), hostile: hostileReport() }

for (const [name, report] of Object.entries(REPORTS)) {
  const phone = { viewport: { width: 360, height: 800 }, isMobile: true }
  visit(`on a phone nothing is wider than the window: ${name}`, report, phone, async (t, page) => {
    t.strictSame(await page.evaluate(TOO_WIDE), [360])
  })
}

/** Words of a table that a line ends within. */
const BROKEN_WORDS = `[...document.querySelectorAll('table th')].flatMap((cell) => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
  const broken = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const word of node.data.matchAll(/[\\p{L}\\d]+/gu)) {
      const range = document.createRange()
      range.setStart(node, word.index)
      range.setEnd(node, word.index + word[0].length)
      if (range.getClientRects().length > 1) broken.push(word[0])
    }
  }
  return broken
})`

visit(
  'on a phone no word of a table breaks',
  scanReport(),
  { viewport: { width: 360, height: 800 }, isMobile: true },
  async (t, page) => {
    t.ok((await page.locator('table th').count()) > 8)
    t.strictSame(await page.evaluate(BROKEN_WORDS), [])
  }
)

visit('it is dark where the reader likes it dark', checkReport(), { colorScheme: 'light' }, async (t, page) => {
  const colours = `['body', 'article', 'header'].map((name) => {
    const { color, backgroundColor } = getComputedStyle(document.querySelector(name))
    return color + ' on ' + backgroundColor
  })`
  const light = await page.evaluate<string[]>(colours)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await page.evaluate<string[]>(colours)
  for (const [index, colour] of dark.entries()) t.not(colour, light[index], colour)
})

visit('hostile texts stay texts', hostileReport(), {}, async (t, page) => {
  t.equal(await page.evaluate('document.scripts.length'), 1)
  t.equal(await page.locator('img, iframe, object, [onmouseover], [onfocus]').count(), 0)
  const { count } = await shown(page)
  t.equal(count, '22 of 22 findings shown')
  for (const index of [1, 6, 11]) {
    await page.getByRole('combobox', { name: 'Namespace' }).selectOption({ index })
    t.equal((await shown(page)).count, '2 of 22 findings shown', new URL(page.url()).hash)
    await page.reload()
    await counts(t, page, '2 of 22 findings shown', 'and again from the address')
  }
})
