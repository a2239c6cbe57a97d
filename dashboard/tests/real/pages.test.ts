// Each page with what really happened: it opens without a fault, axe finds nothing, nothing is wider than the screen, and
// nothing but this server was asked for anything.

import AxeBuilder from '@axe-core/playwright'
import { describe, expect, it } from 'vitest'
import { arrive, furnished } from './places'
import { stage } from './stage'

const s = stage()

describe('every page', () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`opens with what happened, and axe finds nothing, ${theme}`, { timeout: 600_000 }, async () => {
      const { house, all } = await furnished(s)
      const page = await s.open(house, '/chat', { theme })
      const found: Record<string, string[]> = {}
      for (const place of all) {
        await arrive(page, house, place)
        const { violations } = await new AxeBuilder({ page }).analyze()
        if (violations.length > 0) found[place[1]] = violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`))
      }
      expect(found).toEqual({})
      // Nothing was asked of anybody else in all of that, and enough was asked for this to mean something.
      expect([...s.asked].filter((url) => !url.startsWith(`${house.origin}/`) && !/^(blob|data):/.test(url))).toEqual([])
      expect(s.asked.size).toBeGreaterThan(50)
      s.asked.clear()
    })
  }

  it('is no wider than its screen', { timeout: 600_000 }, async () => {
    const { house, all } = await furnished(s)
    const page = await s.open(house)
    const wide: string[] = []
    for (const width of [360, 1280, 2560]) {
      await page.setViewportSize({ width, height: width < 500 ? 740 : 900 })
      for (const place of all) {
        await arrive(page, house, place, width < 500)
        const over = await page.evaluate(() => [document.documentElement, document.querySelector('main')].map((one) => (one?.scrollWidth ?? 0) - (one?.clientWidth ?? 0)))
        if (over.some((pixels) => pixels > 0)) wide.push(`${place[1]} at ${width}: ${over.join(', ')}`)
      }
    }
    expect(wide).toEqual([])
  })
})
