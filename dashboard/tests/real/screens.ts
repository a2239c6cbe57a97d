// Pictures of every page with what happened in a furnished house, in both themes and three widths, into tests/screens/:
// `SCREENS=1 npm run real`.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { it } from 'vitest'
import { arrive, furnished } from './places'
import { stage } from './stage'

const s = stage()
const folder = new URL('../screens/', import.meta.url)
const sizes = [[360, 740], [1280, 800], [2560, 1440]] as const

for (const theme of ['light', 'dark'] as const) {
  it(`pictures, ${theme}`, { timeout: 900_000 }, async () => {
    mkdirSync(folder, { recursive: true })
    const { house, all } = await furnished(s)
    for (const [width, height] of sizes) {
      const page = await s.open(house, '/chat', { theme, width, height })
      for (const place of all) {
        await arrive(page, house, place, width < 500)
        await page.screenshot({ path: fileURLToPath(new URL(`real-${place[0]}-${width}-${theme}.png`, folder)) })
      }
      await page.context().close()
    }
  })
}
