// Pictures of pages in both themes and three widths, into tests/screens/: `node tests/screens.mjs [PATH…]`, for example
// `node tests/screens.mjs /permissions "/files?path=/workspace"`. Without paths all pages.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { start } from './mock/server.mjs'

const all = ['/chat', '/sessions', '/permissions', '/traces', '/audit', '/tools', '/files', '/models', '/settings']
const sizes = [[360, 740], [1280, 800], [2560, 1440]]
const paths = process.argv.length > 2 ? process.argv.slice(2) : all
const folder = new URL('./screens/', import.meta.url)
mkdirSync(folder, { recursive: true })

const mock = await start()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const theme of ['light', 'dark']) {
  for (const [width, height] of sizes) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await page.goto(mock.link('/chat'))
    await page.locator('main#main').waitFor()
    for (const path of paths) {
      await page.goto(mock.url + path)
      await page.waitForTimeout(500)
      const name = path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'chat'
      await page.screenshot({ path: fileURLToPath(new URL(`${name}-${width}-${theme}.png`, folder)) })
    }
    await context.close()
  }
}
await browser.close()
await mock.stop()
