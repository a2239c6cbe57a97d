// A browser and a mock server for one file of tests. Every request that leaves the mock's origin is refused and kept.

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { start, World } from '../mock/server.mjs'

export type Mock = Awaited<ReturnType<typeof start>>
export type { Page }

export interface Look {
  width?: number
  height?: number
  theme?: 'light' | 'dark'
}

export class Stage {
  mock!: Mock
  browser!: Browser
  /** Addresses of other origins that a page asked for. */
  readonly foreign: string[] = []
  /** What the pages wrote as errors: broken policy, unexpected failures. */
  readonly errors: string[] = []

  async context({ width = 1280, height = 800, theme = 'light' }: Look = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
    })
    await context.route('**/*', (route) => {
      const url = route.request().url()
      if (url.startsWith(this.mock.url) || url.startsWith('blob:') || url.startsWith('data:')) return route.continue()
      this.foreign.push(url)
      return route.abort()
    })
    return context
  }

  /** A page that is logged in and shows `path`. */
  async open(path = '/', look: Look = {}, context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await this.context(look))).newPage()
    page.on('console', (line) => line.type() === 'error' && this.errors.push(line.text()))
    page.on('pageerror', (error) => this.errors.push(String(error)))
    await page.goto(this.mock.link(path))
    await page.locator('main#main').waitFor()
    return page
  }
}

/** Starts both before the tests of the file and ends them after. */
export function stage(world?: () => World): Stage {
  const made = new Stage()
  beforeAll(async () => {
    made.mock = await start(world ? { world: world() } : {})
    made.browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await made.browser?.close()
    await made.mock?.stop()
  })
  return made
}
