// A browser for one file of tests, and a house for each of them. What no page may ever do is kept, and looked at after
// each test: a request to another origin, an error on the console, a broken policy, a script of somebody else.

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { chromium as program } from './found'
import { House, type Reply } from './house'

export type { Page }
export { House }

export interface Look {
  width?: number
  height?: number
  theme?: 'light' | 'dark'
}

export class Stage {
  browser!: Browser
  /** Addresses of other origins that a page asked for. */
  readonly foreign: string[] = []
  /** Every address that was asked for. */
  readonly asked = new Set<string>()
  /** Errors of the console and of scripts, broken policies, dialogs. */
  readonly faults: string[] = []
  /** Faults that a test expects: the ones that fit are none. */
  expected: RegExp[] = []
  private houses: House[] = []
  private contexts: BrowserContext[] = []

  /** A house with this script, and its server. */
  async house(replies: Reply[] = [], prepare: (house: House) => void = () => {}): Promise<House> {
    const house = this.keep(new House())
    prepare(house)
    if (replies.length > 0) await house.script(replies)
    await house.start()
    return house
  }

  /** Ends this house after the test. */
  keep(house: House): House {
    this.houses.push(house)
    return house
  }

  async context(house: House, { width = 1280, height = 800, theme = 'light' }: Look = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
    this.contexts.push(context)
    context.setDefaultTimeout(60_000)
    await context.route('**/*', (route) => {
      const url = route.request().url()
      this.asked.add(url)
      if (url.startsWith(`${house.origin}/`) || url.startsWith('blob:') || url.startsWith('data:')) return route.continue()
      this.foreign.push(url)
      return route.abort()
    })
    // A line of a WebSocket is no request for `route`.
    context.on('page', (page) => {
      page.on('websocket', (line) => {
        if (!line.url().startsWith(house.origin.replace('http', 'ws'))) this.foreign.push(line.url())
      })
      page.on('console', (line) => {
        if (line.type() === 'error' || /violat|Content Security Policy|TrustedHTML/i.test(line.text())) this.faults.push(line.text())
      })
      page.on('pageerror', (error) => this.faults.push(String(error)))
      page.on('dialog', (dialog) => {
        this.faults.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('popup', (popup) => this.faults.push(`a window: ${popup.url()}`))
    })
    await context.exposeBinding('__violated', (_, told: string) => void this.faults.push(`policy: ${told}`))
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { __violated } = window as unknown as { __violated: (told: string) => void }
        __violated(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`)
      })
    })
    return context
  }

  /** A page of this house that is logged in and shows `path`. */
  async open(house: House, path = '/chat', look: Look = {}, context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await this.context(house, look))).newPage()
    const link = await house.fresh()
    await page.goto(link)
    await page.locator('main#main').waitFor()
    if (path !== '/') await page.goto(house.origin + path)
    await page.locator('main#main').waitFor()
    return page
  }

  /** What must never have happened, after each test. */
  async check(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()))
    await Promise.all(this.houses.splice(0).map((house) => house.end()))
    const faults = this.faults.splice(0).filter((fault) => !this.expected.some((one) => one.test(fault)))
    this.expected = []
    expect({ foreign: this.foreign.splice(0), faults }).toEqual({ foreign: [], faults: [] })
  }
}

/** Starts the browser before the tests of the file and ends it after; looks at what must not happen after each test. */
export function stage(): Stage {
  const made = new Stage()
  beforeAll(async () => {
    // Without a sandbox of its own, as root must.
    made.browser = await chromium.launch({ executablePath: program(), args: ['--no-sandbox'] })
  })
  afterEach(() => made.check())
  afterAll(() => made.browser?.close())
  return made
}
