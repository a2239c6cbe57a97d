// What holds for each of these pages: no violation that axe finds, nothing wider than the screen, no request elsewhere.

import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, expect, it } from 'vitest'
import { stage } from './browser'

const s = stage()
const session = '01JDASH0000000000000000001'
const paths = [
  '/permissions', '/permissions/grants', '/permissions/why?effect=fs.write:/workspace/a.txt&tool=write', '/permissions/trust', '/permissions/secrets',
  '/traces', `/traces/${session}`, '/audit', '/audit?refused=true', '/tools', '/tools/bash', '/files', '/files?path=/workspace/README.md', '/files?path=/workspace',
  `/files?session=${session}`, '/models', '/settings', '/settings/file', '/settings/doctor',
]

for (const theme of ['light', 'dark'] as const) {
  it(`no violation that axe finds, ${theme}`, async () => {
    const page = await s.open('/permissions', { theme })
    const found: string[] = []
    for (const path of paths) {
      await page.goto(s.mock.url + path)
      await page.locator('main h1').waitFor()
      await page.waitForLoadState('networkidle')
      const { violations } = await new AxeBuilder({ page }).analyze()
      found.push(...violations.map((one) => `${path}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`))
    }
    expect(found).toEqual([])
  }, 120_000)
}

for (const width of [360, 1280, 2560]) {
  it(`nothing is wider than ${width} pixels`, async () => {
    const page = await s.open('/permissions', { width })
    const found: string[] = []
    for (const path of paths) {
      await page.goto(s.mock.url + path)
      await page.locator('main h1').waitFor()
      await page.waitForLoadState('networkidle')
      const over = await page.evaluate(() => {
        const main = document.querySelector('main')!
        return Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth)
      })
      if (over > 0) found.push(`${path}: ${over} pixels too wide`)
    }
    expect(found).toEqual([])
  }, 120_000)
}

afterAll(() => {
  expect(s.foreign).toEqual([])
  // A broken policy (a style attribute, a string made to HTML) would be written here.
  expect(s.errors.filter((line) => /Content Security Policy|Trusted|unhandled|TypeError|ReferenceError/i.test(line))).toEqual([])
})
