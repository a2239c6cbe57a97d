import { expect, it } from 'vitest'
import { areas } from './areas'
import { stage } from './browser'

const s = stage()

it('shows what was refused, why, and leads to the explanation', async () => {
  const page = await s.open('/audit?refused=true')
  const line = page.locator('summary', { hasText: 'fs.read:/home/ada/.ssh/id_ed25519' }).first()
  await line.waitFor()
  expect(await line.innerText()).toContain('refused')
  expect(await page.locator('summary', { hasText: 'allowed' }).count()).toBe(0)
  await line.click()
  await page.getByRole('link', { name: 'Why?' }).click()
  await page.getByText('would be refused').waitFor()
  expect(await page.getByLabel('Effect').inputValue()).toBe('fs.read:/home/ada/.ssh/id_ed25519')
})

it('filters by session, tool and text', async () => {
  const page = await s.open('/audit')
  await page.getByText(/^\d+ receipts$/).waitFor()
  await page.getByLabel('Session', { exact: true }).selectOption('01JDASH0000000000000000001')
  await page.waitForURL(/session=01JDASH0000000000000000001/)
  await page.getByRole('link', { name: 'tour of the notes, please' }).first().waitFor()
  expect(await page.getByRole('link', { name: 'several things at once' }).count()).toBe(0)
  await page.getByLabel('Tool').selectOption('grep')
  expect(await page.locator('article').count()).toBe(1)
  await page.getByLabel('Text').fill('nothing has this')
  await page.getByText('Nothing fits these filters').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByRole('link', { name: 'several things at once' }).waitFor()
})

it('loads the whole list of what was touched on demand', async () => {
  const page = await s.open('/audit')
  await page.locator('summary', { hasText: '38,700 times' }).click()
  await page.getByRole('button', { name: 'Load the whole list' }).click()
  await page.getByText('/workspace/src/file-39.md').waitFor()
})

it('says in words that the log is intact', async () => {
  const page = await s.open('/audit')
  await page.getByRole('button', { name: 'Verify the log' }).click()
  await page.getByText('The log is intact').waitFor()
  await page.getByText('are as they were written').waitFor()
  await page.getByText('not signed yet').waitFor()
})

it('names the first bad record and leads to it', async () => {
  areas(s).verdict = { bad: { record: 2, flaw: 'edited', text: 'record 2 was edited' }, problems: [], remarks: ['the key is new'] }
  const page = await s.open('/audit')
  await page.getByRole('button', { name: 'Verify the log' }).click()
  await page.getByText('The log is not as it was written').waitFor()
  await page.getByText('This record was changed after it was written.').waitFor()
  expect(await page.getByText('The log is intact').count()).toBe(0)
  await page.getByRole('button', { name: 'Show it in the list' }).click()
  await page.locator('details.target[open]').getByText('38,700 times').waitFor()
})

it('pages back without a gap and follows what comes', async () => {
  const one = { session: '01JDASH0000000000000000003', agent: 'main', type: 'effect' }
  areas(s).moreReceipts = Array.from({ length: 450 }, (_, i) => ({
    ...one, call: `01JDASHMANY${String(i).padStart(15, '0')}`, time: new Date().toISOString(),
    body: { tool: 'read', effect: `fs.read:/workspace/file-${i}`, decision: 'allowed', rule: 'r', count: 1, bytes: 1 },
  }))
  const page = await s.open('/audit')
  await page.getByText('200 receipts').waitFor()
  await page.getByRole('button', { name: 'Load older ones' }).click()
  await page.getByText('400 receipts').waitFor()
  areas(s).moreReceipts.push({ ...areas(s).moreReceipts[0], call: '01JDASHNEWEST0000000000000', body: { tool: 'read', effect: 'fs.read:/workspace/newest', decision: 'allowed', rule: 'r' } })
  s.mock.world.changed('sessions')
  await page.getByText('/workspace/newest').waitFor()
  await page.getByText('401 receipts').waitFor()
  expect(await page.getByText('/workspace/file-249', { exact: true }).count()).toBe(1)
})
