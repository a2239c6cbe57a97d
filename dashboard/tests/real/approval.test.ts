// What a person is asked, and what an answer does: looked at on the disk, in the journal, and in what the model was told.

import { describe, expect, it } from 'vitest'
import { conversation, ended, question, say, sessionOf } from './chat'
import { stage, type House, type Page } from './stage'

const s = stage()

const write = (path: string, content: string) => ({ tool: 'write', input: { path, content } })
const notes = (end = 'Done.') => [{ text: 'I write it down.', calls: [write('notes.md', 'apples\npears\nplums\n')] }, { text: end }]
const before = (house: House) => house.write('notes.md', 'apples\npeas\n')

/** The answers that the journal of the only session has. */
async function answers(house: House, page: Page): Promise<string[]> {
  const events = JSON.parse(await house.run('session', 'show', await sessionOf(page), '--output-format', 'json')) as { type: string; body: { answer: string } }[]
  return events.filter((event) => event.type === 'approval.resolved').map((event) => event.body.answer)
}

const told = (house: House) => JSON.stringify(house.requests().at(-1)?.body.messages.at(-1))

describe('a question', () => {
  it('shows exactly what would change, and after a yes the file is as it was shown', async () => {
    const house = await s.house(notes(), before)
    const page = await s.open(house)
    await say(page, 'Write down what we need')
    const card = question(page, 'write')
    await card.getByText('fs.write:/workspace/notes.md', { exact: true }).first().waitFor()
    const diff = await card.getByRole('figure').innerText()
    expect(diff).toMatch(/peas/)
    expect(diff).toMatch(/pears[\s\S]*plums/)
    expect(await page.title()).toContain('(1)')
    expect(house.read('notes.md')).toBe('apples\npeas\n')
    await card.getByRole('button', { name: 'Yes, once' }).click()
    await ended(page)
    expect(house.read('notes.md')).toBe('apples\npears\nplums\n')
    expect(await answers(house, page)).toEqual(['once'])
    await expect.poll(() => page.title()).not.toContain('(1)')
  })

  it('that is answered no leaves the file alone, and says why in the chat, the explanation and the audit', async () => {
    const house = await s.house(notes('Then not.'), before)
    const page = await s.open(house)
    await say(page, 'Write down what we need')
    await question(page, 'write').getByRole('button', { name: 'No', exact: false }).last().click()
    await ended(page)
    expect(house.read('notes.md')).toBe('apples\npeas\n')
    expect(await answers(house, page)).toEqual(['denied'])
    expect(told(house)).toContain('fs.write:/workspace/notes.md')
    await conversation(page).getByText('Then not.').waitFor()
    await conversation(page).getByRole('link', { name: 'Why was fs.write:/workspace/notes.md refused?' }).click()
    await page.waitForURL(/\/permissions/)
    await page.getByText('would wait for your answer').waitFor()
    await page.getByText('this decided').waitFor()
    expect(await page.getByLabel('Effect').inputValue()).toBe('fs.write:/workspace/notes.md')
    await page.goto(`${house.origin}/audit?refused=true`)
    await page.locator('summary', { hasText: 'fs.write:/workspace/notes.md' }).first().waitFor()
    await page.getByRole('button', { name: 'Verify the log' }).click()
    await page.getByText('The log is intact').waitFor()
  })

  it('that is answered for the session is not asked again in it, and is in another one', async () => {
    const one = [{ calls: [write('notes.md', 'one\n')] }, { calls: [write('notes.md', 'two\n')] }, { text: 'Both.' }]
    const house = await s.house([...one, { calls: [write('notes.md', 'three\n')] }, { text: 'Third.' }])
    const page = await s.open(house)
    await say(page, 'Twice')
    await question(page, 'write').getByRole('button', { name: 'Yes, for this session' }).click()
    await ended(page)
    expect(house.read('notes.md')).toBe('two\n')
    expect(await answers(house, page)).toEqual(['session'])
    await page.goto(`${house.origin}/chat`)
    await say(page, 'Again')
    await question(page, 'write').getByRole('button', { name: 'Yes, once' }).click()
    await ended(page)
    expect(house.read('notes.md')).toBe('three\n')
  })

  it('in two tabs is answered in one of them, and the other one says so', async () => {
    const house = await s.house(notes(), before)
    const context = await s.context(house)
    const first = await s.open(house, '/chat', {}, context)
    await say(first, 'Write')
    await question(first, 'write').waitFor()
    const second = await context.newPage()
    await second.goto(first.url())
    await question(second, 'write').getByRole('button', { name: 'Yes, once' }).click()
    await first.getByText('Answered elsewhere: yes, once.').waitFor()
    await Promise.all([ended(first), ended(second)])
    await Promise.all([first, second].map((page) => question(page, 'write').waitFor({ state: 'detached' })))
    expect(await answers(house, first)).toEqual(['once'])
    expect(house.read('notes.md')).toBe('apples\npears\nplums\n')
  })

  it('that two tabs answer at the same moment has one answer, and the loser is told', async () => {
    const house = await s.house(notes(), before)
    const context = await s.context(house)
    const first = await s.open(house, '/chat', {}, context)
    await say(first, 'Write')
    await question(first, 'write').waitFor()
    const second = await context.newPage()
    await second.goto(first.url())
    await question(second, 'write').waitFor()
    // The second one's answer is held back until the first one's has counted.
    let free = () => {}
    const counted = new Promise<void>((done) => (free = done))
    await second.route('**/questions/**', async (route) => {
      await counted
      await route.continue()
    })
    await question(second, 'write').getByRole('button', { name: /^No/ }).click()
    await question(first, 'write').getByRole('button', { name: 'Yes, once' }).click()
    await ended(first)
    free()
    await second.getByText('Your answer did not count').waitFor()
    expect(await answers(house, first)).toEqual(['once'])
    expect(house.read('notes.md')).toBe('apples\npears\nplums\n')
  })

  it('that is answered in a terminal goes from the page, and the turn goes on', async () => {
    const house = await s.house(notes(), before)
    const page = await s.open(house)
    await say(page, 'Write')
    await question(page, 'write').waitFor()
    await house.run('session', 'answer', await sessionOf(page), 'once')
    await page.getByText('Answered elsewhere: yes, once.').waitFor()
    await ended(page)
    expect(house.read('notes.md')).toBe('apples\npears\nplums\n')
  })
})

describe('a rule of the person', () => {
  it('refuses without a question, and the page shows which one', async () => {
    const house = await s.house(notes('Then not.'), (made) => {
      before(made)
      made.settings('[policy]\ndeny = ["fs.write:/workspace/notes.md"]\n')
    })
    const page = await s.open(house)
    await say(page, 'Write')
    await ended(page)
    expect(house.read('notes.md')).toBe('apples\npeas\n')
    await conversation(page).getByRole('link', { name: /Why was/ }).click()
    await page.getByText('would be refused').waitFor()
  })
})
