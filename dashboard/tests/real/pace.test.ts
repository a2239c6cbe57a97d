// How long things take, as a person feels them. Printed and not asserted: a busy machine is slow, and `cargo xtask bench`
// is where figures are compared. What is asserted is that there is something to measure, and nothing foreign in it.

import { expect, it } from 'vitest'
import { ended, say } from './chat'
import { Relay } from './relay'
import { House, stage, type Page } from './stage'

const s = stage()
const count = 300
const words = Array.from({ length: count }, (_, i) => `w${i}`)

interface Seen {
  line: Record<string, number>
  shown: Record<string, number>
}

/** Keeps when each word came over the line, and when it stood in the page. */
const watch = (page: Page) =>
  page.addInitScript(() => {
    const seen: Seen = { line: {}, shown: {} }
    Object.assign(window, { seen })
    const now = () => performance.timeOrigin + performance.now()
    const note = (into: Record<string, number>, text: string) => {
      for (const [word] of text.matchAll(/w\d+/g)) into[word] ??= now()
    }
    const Line = window.WebSocket
    window.WebSocket = class extends Line {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        this.addEventListener('message', (message) => {
          if (String(message.data).includes('text.delta')) note(seen.line, JSON.parse(message.data).event.text)
        })
      }
    }
    new MutationObserver(() => {
      const text = [...document.querySelectorAll('[role=region] .text')].at(-1)?.textContent ?? ''
      // A word that is not followed by anything may still be half of one.
      note(seen.shown, text.slice(0, text.lastIndexOf(' ') + 1))
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })

function told(what: string, figures: number[]): void {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1)
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms (${sorted.length} times)`)
}

it('a word of the model is in the page', async () => {
  const house = new House()
  s.keep(house)
  const model = await house.script([{ text: words.join(' '), pause_ms: 20 }])
  const relay = await Relay.start(model)
  house.modelAddress = relay.address(model)
  await house.start()
  const context = await s.context(house)
  const page = await context.newPage()
  await watch(page)
  await page.goto(house.link)
  await page.locator('main#main').waitFor()
  await say(page, 'Count')
  await ended(page)
  relay.end()
  const { line, shown } = await page.evaluate(() => (window as unknown as { seen: Seen }).seen)
  // The last word has no space behind it, so it is whole with the end of the turn only.
  const times = words.slice(0, -1).flatMap((word) => {
    const [sent, came, stood] = [relay.passed.get(word), line[word], shown[word]]
    return sent !== undefined && came !== undefined && stood !== undefined ? [{ server: came - sent, page: stood - came, whole: stood - sent }] : []
  })
  expect(times.length).toBeGreaterThan(count * 0.9)
  told('from the model to the page', times.map((one) => one.whole))
  told('of which until the browser had it', times.map((one) => one.server))
  told('of which the page took', times.map((one) => one.page))
})

it('a first visit is ready', async () => {
  const house = await s.house()
  const context = await s.context(house)
  const figures: number[] = []
  let bytes = 0
  for (let i = 0; i < 10; i++) {
    const page = await context.newPage()
    // The mark of readiness: the field that a person writes into can be written into.
    await page.addInitScript(() => {
      const ready = () => document.querySelector('textarea:not([disabled])') !== null && performance.getEntriesByName('ready').length === 0
      new MutationObserver(() => ready() && performance.mark('ready')).observe(document, { subtree: true, childList: true })
    })
    const session = await context.newCDPSession(page)
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await page.goto(i === 0 ? house.link : house.origin)
    await page.waitForFunction(() => performance.getEntriesByName('ready').length > 0)
    const [at, size] = await page.evaluate(() => {
      const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
      const [document] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
      const sum = files.filter((file) => !file.name.includes('/api/')).reduce((all, file) => all + file.encodedBodySize, document?.encodedBodySize ?? 0)
      return [performance.getEntriesByName('ready')[0]?.startTime ?? NaN, sum] as const
    })
    figures.push(at)
    bytes = Math.max(bytes, size)
    await page.close()
  }
  told('a page without anything kept is ready after', figures)
  console.log(`its files have ${bytes} bytes as they travel`)
  expect(bytes).toBeLessThan(250_000)
  expect(bytes).toBeGreaterThan(10_000)
})
