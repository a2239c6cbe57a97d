import { expect, it } from 'vitest'
import { areas } from './areas'
import { stage } from './browser'

const s = stage()

it('says what a model can do after a real test', async () => {
  const page = await s.open('/models')
  await page.getByRole('button', { name: 'Test openai/gpt-6', exact: true }).click()
  await page.getByText('This model works here').waitFor()
  await page.getByText('it called “read” as asked').waitFor()
  await page.getByRole('button', { name: 'Test openai/gpt-6-nano' }).click()
  await page.getByText('This model does not work here').waitFor()
  await page.getByText('the model does not call tools').waitFor()
  // A name that nobody listed can be tried too.
  const block = page.getByRole('region', { name: 'openai' })
  await block.getByLabel('Another model').fill('gpt-7')
  await page.keyboard.press('Enter')
  await block.getByRole('button', { name: 'Test openai/gpt-7' }).waitFor()
  expect(await block.getByText('This model works here').count()).toBeGreaterThan(0)
})

it('says what is missing, and tests nothing that cannot work', async () => {
  const page = await s.open('/models')
  const block = page.getByRole('region', { name: 'anthropic' })
  await block.getByText('its key: ANTHROPIC_API_KEY').waitFor()
  expect(await block.getByRole('button', { name: 'Test anthropic/claude-opus-5' }).isDisabled()).toBe(true)
})

it('shows each value with who said it', async () => {
  const page = await s.open('/settings')
  await page.getByRole('row', { name: /limits\.timeout 20s .*config\.toml:3/ }).waitFor()
  await page.getByLabel('Without defaults').check()
  expect(await page.getByRole('row', { name: /record\.location/ }).count()).toBe(0)
})

it('shows an error of the text at its line and saves nothing', async () => {
  const page = await s.open('/settings/file')
  const field = page.getByRole('textbox', { name: /Text of/ })
  await field.fill('[limits]\ntimeot = "20s"\n')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Line 2 cannot be understood').waitFor()
  await page.getByText('did you mean “limits.timeout”?').waitFor()
  expect(await page.locator('.gutter .wrong').innerText()).toContain('2')
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd))).toBe('timeot = "20s"')
  expect(areas(s).config).toContain('every tool')
  await field.fill('[limits]\ntimeout = "25s"\n')
  await page.keyboard.press('Control+s')
  await page.getByText('Saved.').waitFor()
  expect(areas(s).config).toBe('[limits]\ntimeout = "25s"\n')
})

it('loses no text when somebody else saved meanwhile', async () => {
  const context = await s.context()
  const page = await s.open('/settings/file', {}, context)
  const field = page.getByRole('textbox', { name: /Text of/ })
  const mine = '[limits]\nmemory = "128MiB"\n'
  await field.fill(mine)
  areas(s).config = '[agent]\naccess = "read-only"\n'
  // Nobody told the page: the server refuses, and nothing is lost.
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The file was changed by somebody else meanwhile').waitFor()
  expect(await field.inputValue()).toBe(mine)
  expect(areas(s).config).toContain('read-only')
  await page.getByRole('figure').getByText('access = "read-only"').waitFor()
  // A look elsewhere loses nothing either.
  await page.getByRole('link', { name: 'Doctor' }).click()
  await page.getByText('One thing is broken').waitFor()
  await page.getByRole('link', { name: 'The file' }).click()
  expect(await field.inputValue()).toBe(mine)
  await page.getByRole('button', { name: 'Keep my text, and save it over theirs' }).click()
  await page.getByText('Saved.').waitFor()
  expect(areas(s).config).toBe(mine)
})

it('says what is wrong with a file that somebody else broke', async () => {
  areas(s).config = '[limits]\ntimeot = "20s"\n'
  const page = await s.open('/settings/file')
  await page.getByText('Line 2 cannot be understood').waitFor()
  areas(s).config = ''
})

it('takes the file of somebody else when the person wants that', async () => {
  const page = await s.open('/settings/file')
  const field = page.getByRole('textbox', { name: /Text of/ })
  await field.fill('mine = 1\n')
  areas(s).config = '[agent]\naccess = "full"\n'
  s.mock.world.changed('settings')
  await page.getByRole('button', { name: 'Take the file’s text, drop mine' }).click()
  expect(await field.inputValue()).toBe('[agent]\naccess = "full"\n')
})

it('shows what is broken first, with its cure', async () => {
  const page = await s.open('/settings/doctor')
  await page.getByText('One thing is broken, one thing could be better').waitFor()
  expect(await page.locator('main li').last().innerText()).toContain('well')
  expect(await page.getByText('Cure:').count()).toBe(2)
})
