import { expect, it } from 'vitest'
import { stage } from './browser'

const s = stage()
const session = '01JDASH0000000000000000001'

it('leads from the list of sessions to the waterfall of the last turn', async () => {
  const page = await s.open('/traces')
  await page.getByRole('link', { name: 'tour of the notes, please' }).click()
  await page.getByRole('tree', { name: 'Waterfall of turn 2' }).waitFor()
  // The wait for a person is told apart from the tool that waited.
  await page.getByRole('treeitem', { name: /^Tool write, 8\.4 s.*of which 8\.3 s waiting for you/ }).waitFor()
  expect(await page.locator('.bar.approval').count()).toBe(1)
})

it('walks and opens rows by keyboard alone', async () => {
  const page = await s.open(`/traces/${session}`)
  await page.getByRole('treeitem', { name: /openai\/gpt-6 → read × 5/ }).waitFor()
  const rows = await page.getByRole('treeitem').count()
  await page.getByRole('treeitem').first().focus()
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown')
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded'))).toBe('false')
  await page.keyboard.press('ArrowRight')
  expect(await page.getByRole('treeitem').count()).toBe(rows + 10)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.locator('aside').getByText('Began after').waitFor()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  expect(await page.getByRole('treeitem').count()).toBe(rows)
})

it('can show all rows, or only what the turn waited for', async () => {
  const page = await s.open(`/traces/${session}`)
  await page.getByRole('treeitem', { name: /glob/ }).waitFor()
  await page.getByLabel('Only what the turn waited for').check()
  expect(await page.getByRole('treeitem', { name: /glob/ }).count()).toBe(0)
  await page.getByLabel('Fold what repeats').uncheck()
  expect(await page.getByRole('treeitem', { name: /^Tool read/ }).count()).toBe(5)
})

it('leads from a refused call to its receipts and its place in the chat', async () => {
  const page = await s.open(`/traces/${session}`)
  await page.getByRole('treeitem', { name: /bash.*2 refused/ }).click()
  const facts = page.locator('aside')
  await facts.getByText('3 allowed, 2 refused').waitFor()
  expect(await facts.getByRole('link', { name: 'Its place in the chat' }).getAttribute('href')).toMatch(new RegExp(`^/chat/${session}\\?call=`))
  expect(await facts.getByRole('link', { name: 'Why refused?' }).getAttribute('href')).toMatch(new RegExp(`^/audit\\?session=${session}&call=`))
})

it('shows the call that a link names', async () => {
  const page = await s.open(`/traces/${session}`)
  const call = '01JDASH00000001CALL2000001'
  await page.goto(`${s.mock.url}/traces/${session}?call=${call}`)
  await page.locator('aside').getByRole('heading', { name: 'grep' }).waitFor()
  expect(await page.getByRole('treeitem', { selected: true }).getAttribute('aria-label')).toMatch(/grep/)
})

it('says what is missing of a session that nobody has', async () => {
  const page = await s.open('/traces/01JDASHNONE000000000000000')
  await page.getByText('there is no session 01JDASHNONE000000000000000').waitFor()
})
