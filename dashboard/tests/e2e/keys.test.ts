// The keys of models: given, replaced, forgotten, never shown; and another page hears of it.

import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { areas } from './areas'
import { stage, type Page } from './browser'

const s = stage()
const value = 'sk-very-secret-value-1'
const blockOf = (page: Page, provider: string) => page.getByRole('region', { name: provider })
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)

/** Where a value could be left behind: the page, its fields, what the origin keeps. */
const leftIn = (page: Page) =>
  page.evaluate(
    (secret) =>
      [document.documentElement.outerHTML, ...[...document.querySelectorAll('input')].map((one) => one.value), JSON.stringify({ ...localStorage, ...sessionStorage }), location.href, JSON.stringify(history.state)].filter((text) =>
        text?.includes(secret),
      ),
    value,
  )

beforeEach(() => {
  // Each test begins with the same keys, whatever the one before it did.
  for (const provider of areas(s).providers) {
    if (!provider.key || provider.key.from === 'environment') continue
    const stored = provider.name === 'mistral'
    Object.assign(provider, { ready: stored, missing: stored ? null : `its key: ${provider.key.name}`, key: { ...provider.key, set: stored, from: stored ? 'stored' : null } })
  }
  areas(s).keys = { mistral: 'kept-long-ago' }
})

it('takes a key in and never shows it', async () => {
  const page = await s.open('/models')
  const block = blockOf(page, 'anthropic')
  await block.getByText('not set', { exact: true }).waitFor()
  await block.getByRole('button', { name: 'Set a key for anthropic' }).click()
  const field = block.getByLabel('New key', { exact: true })
  expect([await field.getAttribute('type'), await field.getAttribute('autocomplete')]).toEqual(['password', 'off'])
  await block.getByText('bound to https://api.anthropic.com').waitFor()
  // The form takes the focus: a key can be pasted at once.
  await page.keyboard.insertText(` ${value}`)
  await page.keyboard.press('Enter')
  await block.getByText('kept here').waitFor()
  expect(areas(s).keys['anthropic']).toBe(value)
  await field.waitFor({ state: 'detached' })
  expect(await leftIn(page)).toEqual([])
  expect(await block.getByRole('button', { name: 'Test anthropic/claude-opus-5' }).isEnabled()).toBe(true)
  await page.getByText('Kept: the key for anthropic').waitFor()
  expect(await focused(page)).toBe('Replace the key for anthropic')
  await page.reload()
  await block.getByText('kept here').waitFor()
  expect(await leftIn(page)).toEqual([])
})

it('empties the field before the answer comes', async () => {
  const page = await s.open('/models')
  let answer = () => {}
  const held = new Promise<void>((done) => (answer = done))
  await page.route('**/api/v1/models/mistral/key', async (route) => {
    await held
    await route.continue()
  })
  const block = blockOf(page, 'mistral')
  await block.getByRole('button', { name: 'Replace the key for mistral' }).click()
  await block.getByLabel('New key', { exact: true }).fill(value)
  await block.getByRole('button', { name: 'Keep this key' }).click()
  await block.getByRole('button', { name: 'Keeping …' }).waitFor()
  expect(await leftIn(page)).toEqual([])
  expect(areas(s).keys['mistral']).toBe('kept-long-ago')
  answer()
  await block.getByRole('button', { name: 'Keeping …' }).waitFor({ state: 'detached' })
  expect(areas(s).keys['mistral']).toBe(value)
})

it('says at the field what is wrong with a value, and keeps the old one', async () => {
  const page = await s.open('/models')
  const block = blockOf(page, 'mistral')
  await block.getByRole('button', { name: 'Replace the key for mistral' }).click()
  const field = block.getByLabel('New key', { exact: true })
  await field.fill(`two words ${value}`)
  await page.keyboard.press('Enter')
  await block.getByText('a key is one line of printable characters').waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  const said = await field.evaluate((input) => document.getElementById(input.getAttribute('aria-describedby') ?? '')?.textContent)
  expect(said).toContain('a key is one line')
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true)
  expect(await leftIn(page)).toEqual([])
  expect(areas(s).keys['mistral']).toBe('kept-long-ago')
  await page.getByRole('button', { name: 'Cancel' }).click()
  expect(await focused(page)).toBe('Replace the key for mistral')
})

it('says when the server could not keep it, and leaves nothing in the field', async () => {
  const page = await s.open('/models')
  await page.route('**/api/v1/models/mistral/key', (route) => route.abort())
  const block = blockOf(page, 'mistral')
  await block.getByRole('button', { name: 'Replace the key for mistral' }).click()
  await block.getByLabel('New key', { exact: true }).fill(value)
  await page.keyboard.press('Enter')
  await block.getByRole('alert').getByText('The key could not be kept').waitFor()
  expect(await leftIn(page)).toEqual([])
})

it('forgets a key only after a yes', async () => {
  const page = await s.open('/models')
  const block = blockOf(page, 'mistral')
  const forget = block.getByRole('button', { name: 'Forget the key for mistral' })
  await forget.click()
  const dialog = page.getByRole('dialog', { name: 'Forget this key?' })
  await dialog.getByText('https://api.mistral.ai').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(areas(s).keys['mistral']).toBe('kept-long-ago')
  await forget.click()
  await dialog.getByRole('button', { name: 'Forget', exact: true }).click()
  await block.getByText('not set', { exact: true }).waitFor()
  expect(areas(s).keys['mistral']).toBeUndefined()
  expect(await forget.count()).toBe(0)
  // The button that opened the dialog is gone; whoever works by keyboard is not sent back to the top.
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Set a key for mistral')
})

it('says of a key from the environment that the variable wins, and offers nothing that would not count', async () => {
  const page = await s.open('/models')
  const block = blockOf(page, 'openai')
  await block.getByText(/From the variable OPENAI_API_KEY .* wins over/).waitFor()
  expect(await block.getByRole('button', { name: /key for/ }).count()).toBe(0)
})

it('another page hears of keys and secrets', async () => {
  const context = await s.context()
  const page = await s.open('/models', {}, context)
  const other = await s.open('/models', {}, context)
  await blockOf(other, 'anthropic').getByText('not set', { exact: true }).waitFor()
  await blockOf(page, 'anthropic').getByRole('button', { name: 'Set a key' }).click()
  await page.keyboard.insertText(value)
  await page.keyboard.press('Enter')
  await blockOf(other, 'anthropic').getByText('kept here').waitFor()
  await other.goto(`${s.mock.url}/permissions/secrets`)
  await other.getByRole('row', { name: /GITHUB_TOKEN/ }).waitFor()
  areas(s).secrets.push({ name: 'OTHER_TOKEN', host: 'api.example.com', methods: [], set: new Date().toISOString() })
  s.mock.world.changed('secrets')
  await other.getByRole('row', { name: /OTHER_TOKEN/ }).waitFor()
})

for (const theme of ['light', 'dark'] as const) {
  it(`no violation that axe finds in the form, its error and the question, and nothing is too wide, ${theme}`, async () => {
    const page = await s.open('/models', { theme, width: 360 })
    const found: string[] = []
    const look = async (what: string) => {
      const { violations } = await new AxeBuilder({ page }).analyze()
      found.push(...violations.map((one) => `${what}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`))
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (over > 0) found.push(`${what}: ${over} pixels too wide`)
    }
    const block = blockOf(page, 'mistral')
    await block.getByRole('button', { name: 'Replace the key' }).click()
    await look('the form')
    await block.getByLabel('New key', { exact: true }).fill('two words')
    await page.keyboard.press('Enter')
    await block.getByText('a key is one line').waitFor()
    await look('its error')
    await block.getByRole('button', { name: 'Forget the key' }).click()
    await page.getByRole('dialog').waitFor()
    await look('the question')
    expect(found).toEqual([])
  })
}

afterAll(() => {
  expect(s.foreign).toEqual([])
  expect(s.errors.filter((line) => /Content Security Policy|Trusted|TypeError|ReferenceError/i.test(line))).toEqual([])
  expect(s.errors.join()).not.toContain(value)
})
