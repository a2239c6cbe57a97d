import { expect, it } from 'vitest'
import { stage } from './browser'

const s = stage()

it('opens folders and files by keyboard', async () => {
  const page = await s.open('/files')
  await page.getByRole('treeitem', { name: 'src', exact: true }).waitFor()
  await page.getByRole('treeitem', { name: 'src', exact: true }).focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('treeitem', { name: 'main.rs' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: 'Content of /workspace/src/main.rs' }).getByText('println!').waitFor()
})

it('shows a file that a link names, with its folders open around it', async () => {
  const page = await s.open('/files?path=/workspace/src/deep/er/leaf.txt')
  await page.getByText('a leaf').waitFor()
  expect(await page.getByRole('treeitem', { name: 'leaf.txt', selected: true }).getAttribute('aria-level')).toBe('5')
})

it('shows signs that pretend to be something else by their number', async () => {
  const page = await s.open('/files?path=/workspace/hidden.txt')
  await page.getByText('\\u{202e}txt.exe').waitFor()
  expect(await page.locator('main').innerText()).not.toContain('\u202e')
})

it('takes a name of a file for a name', async () => {
  const page = await s.open('/files')
  await page.getByRole('treeitem', { name: '<img src=x onerror=alert(1)>.txt' }).click()
  await page.getByText('a name that must stay a name').waitFor()
  expect(await page.locator('main img').count()).toBe(0)
})

it('shows an image from memory and says what is known of anything else', async () => {
  const page = await s.open('/files?path=/workspace/logo.png')
  await page.getByText('10 × 10').waitFor()
  expect(await page.locator('main img').getAttribute('src')).toMatch(/^blob:/)
  await page.goto(`${s.mock.url}/files?path=/workspace/data.bin`)
  await page.getByText('neither text nor an image').waitFor()
})

it('finds a file by some letters of its path', async () => {
  const page = await s.open('/files')
  await page.getByLabel('Find a file').fill('drlf')
  await page.getByRole('link', { name: '/workspace/src/deep/er/leaf.txt' }).click()
  await page.getByText('a leaf').waitFor()
})

it('shows what a session changed, line by line', async () => {
  const page = await s.open('/files?session=01JDASH0000000000000000001')
  await page.getByText('4 files').waitFor()
  await page.getByText('What I keep for later').waitFor()
  await page.getByText('No lines to compare').waitFor()
  expect(await page.getByText('12 B, gone').count()).toBe(1)
  // Each file leads to the turn that first changed it.
  const created = page.getByRole('listitem').filter({ hasText: '/workspace/summary.md' }).getByRole('link', { name: 'first in turn 1' })
  expect(await created.getAttribute('href')).toBe('/traces/01JDASH0000000000000000001?turn=1')
  expect(await page.getByRole('link', { name: 'first in turn 2' }).count()).toBe(3)
  await page.getByLabel('Session', { exact: true }).selectOption('01JDASH0000000000000000002')
  await page.getByText('Nothing is changed').waitFor()
})

it('lists tools, their rights and what they take', async () => {
  const page = await s.open('/tools')
  await page.getByText('One tool of the workspace cannot be used').waitFor()
  await page.getByLabel('Find a tool').fill('weath')
  await page.getByRole('link', { name: /^weather/ }).click()
  await page.getByRole('heading', { name: 'weather' }).waitFor()
  await page.getByRole('row', { name: /place needed string A town/ }).waitFor()
  const grant = page.getByRole('link', { name: 'Grant network.get:https://api.weather.example' })
  expect(await grant.getAttribute('href')).toContain('tool=weather')
})
