import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { bigSession } from '../mock/big.mjs'
import type { MockSession } from '../mock/session.mjs'
import { ulid } from '../mock/world.mjs'
import { stage, type Page } from './browser'

const s = stage()
afterEach(() => expect([s.foreign, s.errors.filter((line) => !/Failed to load resource|WebSocket/.test(line))]).toEqual([[], []]))

const field = (page: Page) => page.getByRole('textbox', { name: 'Message' })
async function say(page: Page, words: string) {
  await field(page).fill(words)
  await field(page).press('Enter')
}
const idOf = (page: Page) => new URL(page.url()).pathname.split('/').pop() ?? ''
const sessionOf = (page: Page) => s.mock.world.sessions.get(idOf(page)) as MockSession | undefined
const conversation = (page: Page) => page.getByRole('region', { name: 'Conversation' })
/** Scrolls up until nothing comes before, and opens what it meets; gives the times between two pictures on the way. */
const toTop = (page: Page) =>
  conversation(page).evaluate(async (box) => {
    const gaps: number[] = []
    for (let last = performance.now(), still = 0; still < 30; ) {
      box.scrollTo({ top: 0 })
      await new Promise((done) => requestAnimationFrame(done))
      gaps.push(performance.now() - last)
      last = performance.now()
      still = box.querySelector('.column > .top:first-child') ? 0 : still + 1
      box.querySelectorAll('details').forEach((one) => (one.open = true))
    }
    gaps.sort((a, b) => a - b)
    return { p95: gaps[Math.floor(gaps.length * 0.95)] ?? 0, longest: gaps.at(-1) ?? 0 }
  })
/** The end of a turn. */
const ended = (page: Page) => page.getByRole('button', { name: 'Ask again' }).waitFor()
/** The body, so that a letter is a command. */
const leaveField = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).blur())

describe('a turn', () => {
  it('streams, asks, and goes on after a yes', async () => {
    const page = await s.open('/chat')
    await say(page, 'tour')
    await page.getByText('I read the notes first.', { exact: true }).waitFor()
    const question = page.getByRole('region', { name: 'May write do this?' })
    await question.getByText('fs.write:/workspace/summary.md').first().waitFor()
    await question.getByText('Three notes, one of them about cheese.', { exact: true }).waitFor()
    expect(await page.title()).toContain('(1)')
    await question.getByRole('button', { name: 'Yes, once' }).click()
    await ended(page)
    expect(await conversation(page).innerText()).toContain('one about cheese 🧀')
    const journal = sessionOf(page)?.journal ?? []
    expect(journal.find((event) => event.type === 'approval.resolved')?.body).toMatchObject({ answer: 'once' })
    expect(await page.title()).not.toContain('(1)')
  })

  it('hears no by its key, and shows it', async () => {
    const page = await s.open('/chat')
    await say(page, 'tour')
    await page.getByRole('region', { name: 'May write do this?' }).waitFor()
    await leaveField(page)
    // The key counts once the question has stood for a moment.
    await expect
      .poll(async () => {
        await page.keyboard.press('n')
        return sessionOf(page)?.openQuestions().length
      })
      .toBe(0)
    await ended(page)
    const refusal = conversation(page).getByRole('link', { name: 'Why was fs.write:/workspace/summary.md refused?' })
    expect(await refusal.getAttribute('href')).toBe('/permissions?effect=fs.write%3A%2Fworkspace%2Fsummary.md&tool=write&mode=ask')
    expect(sessionOf(page)?.journal.find((event) => event.type === 'approval.resolved')?.body).toMatchObject({ answer: 'denied' })
  })

  it('takes letters that are typed for letters', async () => {
    const page = await s.open('/chat')
    await say(page, 'tour')
    await page.getByRole('region', { name: 'May write do this?' }).waitFor()
    await page.waitForTimeout(700)
    await page.keyboard.type('yes')
    expect(sessionOf(page)?.openQuestions()).toHaveLength(1)
    expect(await field(page).inputValue()).toBe('yes')
    sessionOf(page)?.stop()
  })

  it('takes no letter for an answer in the moment in which the question appears', async () => {
    const page = await s.open('/chat')
    // Whoever was typing a Y just then: the key comes with the question, whatever the machine is busy with.
    await page.evaluate(() => {
      new MutationObserver((_, watch) => {
        if (!document.querySelector('.question')) return
        watch.disconnect()
        ;(document.activeElement as HTMLElement).blur()
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'y', bubbles: true }))
      }).observe(document.body, { subtree: true, childList: true })
    })
    await say(page, 'tour')
    await page.getByRole('region', { name: 'May write do this?' }).waitFor()
    await page.waitForTimeout(500)
    expect(sessionOf(page)?.openQuestions()).toHaveLength(1)
    sessionOf(page)?.stop()
  })

  it('answers several questions, one after the other', async () => {
    const page = await s.open('/chat')
    await say(page, 'several')
    await page.getByText('Question 1 of 3').waitFor()
    await page.getByRole('button', { name: 'next question' }).click()
    await page.getByText('Question 2 of 3').waitFor()
    for (const left of [2, 1, 0]) {
      await page.getByRole('button', { name: 'Yes, for this session' }).click()
      await expect.poll(() => sessionOf(page)?.openQuestions().length).toBe(left)
    }
    await ended(page)
  })

  it('is stopped by Escape', async () => {
    const page = await s.open('/chat')
    await say(page, 'slow')
    await page.getByText('of 400 files').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Stopped by you').waitFor()
    expect(sessionOf(page)?.running).toBe(false)
  })

  it('that fails says why, and can be asked again', async () => {
    const page = await s.open('/chat')
    await say(page, 'fail')
    await page.getByText('the model cannot be reached: connection refused').waitFor()
    await page.getByRole('button', { name: 'Ask again' }).click()
    await expect.poll(() => sessionOf(page)?.turn).toBe(2)
  })

  it('shows an effect that was refused, with the way to its reason', async () => {
    const page = await s.open('/chat')
    await say(page, 'refuse')
    await ended(page)
    await conversation(page).getByText('fs.read:/home/ada/.ssh/id_ed25519').first().waitFor()
    await conversation(page).getByRole('link', { name: /Why was/ }).click()
    await page.waitForURL(/permissions\?effect=fs\.read/)
  })
})

describe('two tabs', () => {
  it('see the same, and one says when the other answered', async () => {
    const context = await s.context()
    const first = await s.open('/chat', {}, context)
    await say(first, 'tour')
    await first.getByRole('region', { name: 'May write do this?' }).waitFor()
    const second = await context.newPage()
    await second.goto(first.url())
    await second.getByRole('region', { name: 'May write do this?' }).waitFor()
    await second.getByRole('button', { name: 'Yes, once' }).click()
    await first.getByText('Answered elsewhere: yes, once.').waitFor()
    await Promise.all([ended(first), ended(second)])
    // Reasoning is told once and not kept, so the tab that came later may have none.
    const words = async (page: Page) => (await conversation(page).locator('.text, .call').allInnerTexts()).map((t) => t.replace(/[\d.]+ (ms|µs|s)/g, ''))
    expect(await words(first)).toEqual(await words(second))
  })

  it('count one answer only', async () => {
    const page = await s.open('/chat')
    await say(page, 'tour')
    await page.getByRole('region', { name: 'May write do this?' }).waitFor()
    const session = sessionOf(page)
    const [question] = session?.openQuestions() ?? []
    // Somebody else is faster, and this page does not know yet.
    await page.route('**/questions/*', async (route) => {
      session?.answer(question?.call, 'no')
      await route.continue()
    })
    await page.getByRole('button', { name: 'Yes, once' }).click()
    await page.getByText('Your answer did not count').waitFor()
    expect(session?.journal.filter((event) => event.type === 'approval.resolved').map((event) => (event.body as { answer: string }).answer)).toEqual(['denied'])
  })
})

describe('a lost connection', () => {
  it('in the middle of a stream loses nothing and doubles nothing', async () => {
    const page = await s.open('/chat')
    await say(page, 'echo ' + Array.from({ length: 3000 }, (_, i) => `w${i}`).join(' '))
    for (let i = 0; i < 3; i++) {
      await page.waitForTimeout(150)
      for (const peer of s.mock.world.peers) peer.close(1001)
    }
    await ended(page)
    const words = (await conversation(page).locator('.text').innerText()).split(/\s+/)
    expect(words).toEqual(Array.from({ length: 3000 }, (_, i) => `w${i}`))
  })

  it('is said in words, and gone when the server is back', async () => {
    const page = await s.open('/chat')
    await page.getByText('Live').first().waitFor()
    await page.context().setOffline(true)
    for (const peer of s.mock.world.peers) peer.close(1001)
    await page.getByText('No connection').first().waitFor()
    await page.context().setOffline(false)
    await page.getByText('No connection').first().waitFor({ state: 'detached' })
  })

  it('to a server that starts anew shows what the journal has', async () => {
    const page = await s.open('/chat')
    await say(page, 'plain')
    await ended(page)
    const before = await conversation(page).innerText()
    const session = sessionOf(page)
    s.mock.world.epoch = ulid()
    if (session) Object.assign(session, { epoch: null, frames: [], n: 0 })
    for (const peer of s.mock.world.peers) peer.close(1001)
    await page.getByText('No connection').first().waitFor({ state: 'detached' })
    await expect.poll(async () => (await conversation(page).innerText()).replace(/now/, '')).toContain('A plain answer')
    expect((await conversation(page).innerText()).split('A plain answer').length).toBe(before.split('A plain answer').length)
  })
})

describe('the field', () => {
  it('knows commands and files', async () => {
    const page = await s.open('/chat')
    await field(page).pressSequentially('/mod')
    await page.getByRole('option', { name: /^\/mode / }).waitFor()
    await field(page).fill('/mode plan')
    await field(page).press('Enter')
    await expect.poll(() => page.getByLabel('Permission mode').inputValue()).toBe('plan')
    await field(page).fill('/nonsense')
    await field(page).press('Enter')
    await page.getByText('There is no command /nonsense').waitFor()
    expect(await field(page).inputValue()).toBe('/nonsense')
  })

  it('takes text files and images along, and refuses what is neither', async () => {
    const page = await s.open('/chat')
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
    await page.locator('input[type=file]').setInputFiles([
      { name: 'a.md', mimeType: 'text/markdown', buffer: Buffer.from('```\ninner\n```\n') },
      { name: 'p.png', mimeType: 'image/png', buffer: png },
      { name: 'x.bin', mimeType: '', buffer: Buffer.from([0, 255, 0, 1]) },
    ])
    await page.getByText('x.bin is neither text nor an image').waitFor()
    await say(page, 'plain')
    await ended(page)
    const prompt = (sessionOf(page)?.journal.find((event) => event.type === 'turn.started')?.body as { prompt: { kind: string; text: string; bytes: string }[] }).prompt
    expect(prompt[0]?.text).toBe('plain\n\n```` a.md\n```\ninner\n```\n````')
    expect(prompt[1]).toMatchObject({ kind: 'image', media_type: 'image/png', bytes: png.toString('base64') })
  })

  it('asks twice before questions are bypassed', async () => {
    const page = await s.open('/chat')
    await page.getByLabel('Permission mode').selectOption('bypass')
    expect(await page.getByLabel('Permission mode').inputValue()).toBe('ask')
    await page.getByRole('button', { name: 'Yes, bypass questions' }).click()
    await expect.poll(() => page.getByLabel('Permission mode').inputValue()).toBe('bypass')
  })

  it('is shut where another process works', async () => {
    const page = await s.open('/chat/01JDASH0000000000000000004')
    await page.getByText('boxagnts run (process 4711) works on this session').waitFor()
    expect(await field(page).count()).toBe(0)
    // The other one ends, and nobody tells.
    const session = sessionOf(page)
    if (session) session.holder = null
    await field(page).waitFor()
    if (session) session.holder = 'boxagnts run (process 4711)'
  })
})

describe('h06: what attacks', () => {
  const corpus = JSON.parse(readFileSync(new URL('../xss.json', import.meta.url), 'utf8')) as string[]

  it('runs nothing and asks nobody, whatever the model, a tool or a title says', async () => {
    const page = await s.open('/chat')
    await say(page, 'echo begin')
    await ended(page)
    const session = sessionOf(page)
    expect(session).toBeDefined()
    if (!session) return
    session.title = corpus[0] ?? ''
    session.running = true
    for (const [at, payload] of corpus.entries()) {
      const call = `call-${at}`
      const turn = at + 2
      session.tell({ type: 'turn.started', turn, run: 'r', prompt: [{ kind: 'text', text: payload }] })
      session.tell({ type: 'text.delta', message: 1, offset: 0, text: payload })
      session.tell({ type: 'thinking.delta', message: 1, text: payload })
      session.tell({ type: 'call.started', call, tool: payload.slice(0, 40), input: { path: payload, [payload]: payload } })
      session.tell({ type: 'call.progress', call, text: payload })
      session.tell({ type: 'effect', call, effect: `fs.read:${payload}`, decision: 'refused', rule: payload, count: 1 })
      session.tell({ type: 'call.finished', call, tool: payload.slice(0, 40), outcome: 'rejected', content: [{ kind: 'text', text: payload }, { kind: 'file', path: payload }, { kind: 'json', value: payload }, { kind: 'image', media_type: 'image/svg+xml', bytes: btoa('<svg onload="window.__xss=1"/>') }], micros: 1, label: { untrusted: [payload] } })
      session.tell({ type: 'turn.finished', turn, reason: 'model_failed', text: payload, usage: { input: 1, output: 1 }, steps: 1, unanswered: 0 })
    }
    session.running = false
    s.mock.world.changed('sessions')
    await expect.poll(() => conversation(page).locator('.call').count()).toBeGreaterThan(15)
    // All of them, with everything open.
    await toTop(page)
    await conversation(page).getByText('echo begin').waitFor()
    expect(await page.evaluate(() => (window as { __xss?: number }).__xss)).toBeUndefined()
    const odd = await page.evaluate(() =>
      [...document.querySelectorAll('main *')].flatMap((element) => {
        const bad = ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'LINK', 'META', 'STYLE', 'FORM', 'VIDEO', 'AUDIO'].includes(element.tagName) ? [element.tagName] : []
        const marks = [...element.attributes].filter((a) => a.name.startsWith('on') || /^\s*(javascript|data:text|vbscript):/i.test(a.value))
        return [...bad, ...marks.map((a) => `${element.tagName}.${a.name}`)]
      }),
    )
    expect(odd).toEqual([])
    expect(s.mock.world.logins.size).toBeGreaterThan(0)
  })
})

describe('what one waits for', () => {
  it('is short: the first page, and a word from the line to the screen', async () => {
    const context = await s.context()
    await s.open('/chat', {}, context)
    const page = await context.newPage()
    await page.addInitScript(() => {
      const heard: number[] = []
      const told: number[] = []
      Object.assign(window, { heard, told })
      window.WebSocket = class extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols)
          this.addEventListener('message', (message) => String(message.data).includes('text.delta') && heard.push(performance.now()))
        }
      } as typeof WebSocket
      addEventListener('DOMContentLoaded', () =>
        new MutationObserver((changes) => {
          if (changes.some((change) => (change.target.parentElement ?? (change.target as Element)).closest?.('.text'))) told.push(performance.now())
        }).observe(document.body, { subtree: true, childList: true, characterData: true }),
      )
    })
    await page.goto(`${s.mock.url}/chat`)
    await field(page).waitFor()
    const ready = await page.evaluate(() => performance.now())
    await say(page, 'echo ' + 'a word and another '.repeat(1200))
    await ended(page)
    const waits = await page.evaluate(() => {
      const { heard, told } = window as unknown as { heard: number[]; told: number[] }
      return heard.map((at) => (told.find((when) => when >= at) ?? Infinity) - at).sort((a, b) => a - b)
    })
    const p = (share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(1)
    console.log(`ready ${Math.round(ready)} ms after the request; ${waits.length} pieces from the line to the page: p50 ${p(0.5)} ms, p99 ${p(0.99)} ms`)
    expect(waits.length).toBeGreaterThan(50)
  })
})

describe('a long session', () => {
  it('of 5,000 events is there at once and scrolls smoothly', async () => {
    bigSession(s.mock.world, 5000)
    const began = Date.now()
    const page = await s.open('/chat/01JDASHB1G0000000000000000')
    await conversation(page).getByText('line of 714', { exact: true }).waitFor()
    const shown = Date.now() - began
    const frames = await conversation(page).evaluate(async (box) => {
      const gaps: number[] = []
      let last = performance.now()
      for (let i = 0; i < 240; i++) {
        box.scrollBy({ top: -400 })
        await new Promise((done) => requestAnimationFrame(done))
        const now = performance.now()
        gaps.push(now - last)
        last = now
      }
      return gaps.sort((a, b) => a - b)
    })
    const p = (share: number) => Math.round(frames[Math.floor(frames.length * share)] ?? 0)
    console.log(`5,000 events: shown after ${shown} ms; frames while scrolling p50 ${p(0.5)} ms, p95 ${p(0.95)} ms, longest ${p(0.999)} ms`)
    expect(p(0.5)).toBeLessThan(50)
  })

  it('opens at a call that a link names, however long ago', async () => {
    const call = (s.mock.world.sessions.get('01JDASHB1G0000000000000000') as MockSession).journal.find((event) => event.call)?.call
    const page = await s.open(`/chat/01JDASHB1G0000000000000000?call=${call}`)
    await conversation(page).getByText('# Day 1').waitFor()
  })

  it('loads what came before the last thousand events', async () => {
    const page = await s.open('/chat/01JDASHB1G0000000000000000')
    await conversation(page).getByText('line of 714', { exact: true }).waitFor()
    const { p95, longest } = await toTop(page)
    console.log(`up to the first of 5,000 events, as fast as it goes: frames p95 ${Math.round(p95)} ms, longest ${Math.round(longest)} ms`)
    expect(await conversation(page).getByText('What stands in notes/day-1.md?').count()).toBe(1)
    expect(await conversation(page).locator('.item').count()).toBeLessThan(300)
    // And down again to the newest, step by step.
    await conversation(page).evaluate(async (box) => {
      for (let i = 0; i < 400 && !box.textContent?.includes('line of 714'); i++) {
        box.scrollTo({ top: box.scrollHeight })
        await new Promise((done) => requestAnimationFrame(done))
      }
    })
    await conversation(page).getByText('line of 714', { exact: true }).waitFor()
  })
})
