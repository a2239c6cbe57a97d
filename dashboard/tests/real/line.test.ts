// A line that breaks: the page says so, comes back by itself, and shows everything once.

import { describe, expect, it } from 'vitest'
import { conversation, ended, say } from './chat'
import { stage, type Page } from './stage'

const s = stage()
/** A browser writes a line that breaks, and a request that finds nobody, to its console. */
const broken = [/WebSocket connection to/, /ERR_CONNECTION/, /Failed to load resource/]

const words = Array.from({ length: 400 }, (_, i) => `w${i}ü`)
const spoken = async (page: Page) => (await conversation(page).locator('.text').last().innerText()).split(/\s+/)
const count = async (page: Page, what: string) => (await conversation(page).innerText()).split(what).length - 1

describe('a line that is cut in mid-stream', () => {
  it('comes back by itself, and the text is complete, once', async () => {
    s.expected = broken
    const house = await s.house([{ text: words.join(' '), pause_ms: 10 }])
    const context = await s.context(house)
    // What the page opens is handed on to the server, so that it can be cut.
    const cut: (() => Promise<void>)[] = []
    await context.routeWebSocket('**/api/v1/stream', (line) => {
      line.connectToServer()
      cut.push(() => line.close({ code: 1011, reason: 'cut' }))
    })
    const page = await s.open(house, '/chat', {}, context)
    await say(page, 'Speak')
    for (const seen of ['w20ü', 'w120ü', 'w220ü']) {
      await conversation(page).getByText(seen).waitFor()
      const before = cut.length
      await cut.at(-1)?.()
      await page.getByText('No connection').first().waitFor()
      await expect.poll(() => cut.length, { timeout: 60_000 }).toBeGreaterThan(before)
      await page.getByText('Live').first().waitFor()
    }
    await ended(page)
    expect(await spoken(page)).toEqual(words)
  })
})

describe('a server that is killed in mid-stream', () => {
  it('is missed in words, found again, and the session goes on without loss or doubling', async () => {
    s.expected = broken
    const house = await s.house(
      [
        { text: 'First I look.', calls: [{ tool: 'read', input: { path: 'a.txt' } }] },
        { text: words.join(' '), pause_ms: 50 },
        { text: 'And so it goes on.' },
      ],
      (made) => made.write('a.txt', 'apples\n'),
    )
    const page = await s.open(house)
    await say(page, 'Look and speak')
    await conversation(page).getByText('w5ü').waitFor()
    await house.kill()
    await page.getByText('No connection').first().waitFor()
    // What was said stays on the screen meanwhile.
    await conversation(page).getByText('w5ü').waitFor()
    await house.start()
    await page.getByText('No connection').first().waitFor({ state: 'detached' })
    await page.getByText('Live').first().waitFor()
    // What the journal has is there once; the step that was not at its end is nowhere.
    await conversation(page).getByText('w5ü').waitFor({ state: 'detached' })
    expect([await count(page, 'Look and speak'), await count(page, 'First I look.'), await conversation(page).locator('article.call').count()]).toEqual([1, 1, 1])
    await say(page, 'Go on')
    await conversation(page).getByText('And so it goes on.').waitFor()
    await ended(page)
    expect([await count(page, 'Look and speak'), await count(page, 'First I look.'), await count(page, 'Go on'), await count(page, 'And so it goes on.')]).toEqual([1, 1, 1, 1])
    // Whoever comes anew sees the same.
    const shown = async (one: Page) => (await conversation(one).locator('.said, .text, .call .tool').allInnerTexts()).join('\n')
    const fresh = await s.open(house, new URL(page.url()).pathname)
    await conversation(fresh).getByText('And so it goes on.').waitFor()
    expect(await shown(fresh)).toBe(await shown(page))
    expect(house.requests().flatMap((request) => request.violations)).toEqual([])
  })
})
