import { expect, it } from 'vitest'
import { areas } from './areas'
import { stage } from './browser'

const s = stage()
const cell = (tool: string, capability: string) => `button[aria-label^="${tool}, ${capability}:"]`

it('shows for each tool and capability what the law says, in words', async () => {
  const page = await s.open('/permissions')
  await page.locator(cell('write', 'fs.write:/workspace')).waitFor()
  expect(await page.locator(cell('write', 'fs.write:/workspace')).innerText()).toContain('asks')
  expect(await page.locator(cell('read', 'fs.read:/workspace')).innerText()).toContain('yes')
  expect(await page.locator(cell('weather', 'network.get:https://api.weather.example')).innerText()).toContain('no')
  expect(await page.locator(cell('glob', 'fs.write:/workspace')).count()).toBe(0)
})

it('shows what another mode makes of it, and keeps it in the address', async () => {
  const page = await s.open('/permissions')
  await page.getByRole('radio', { name: 'Plan' }).check({ force: true })
  await page.locator(`${cell('write', 'fs.write:/workspace')}[aria-label*=": no,"]`).waitFor()
  expect(new URL(page.url()).searchParams.get('mode')).toBe('plan')
  await page.reload()
  await page.locator(`${cell('write', 'fs.write:/workspace')}[aria-label*=": no,"]`).waitFor()
})

it('is walked by arrow keys with one stop of the tab key', async () => {
  const page = await s.open('/permissions')
  await page.locator(cell('bash', 'fs.read:/workspace')).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^edit, fs\.read:\/folders:/)
  expect(await page.locator('table [tabindex="0"]').count()).toBe(1)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByText('What “edit” may do').waitFor()
  await page.getByRole('button', { name: 'See each step' }).click()
  await page.getByText('this decided').waitFor()
  expect(new URL(page.url()).pathname).toBe('/permissions/why')
})

it('gives a grant, and another tab sees it without being asked', async () => {
  const context = await s.context()
  const page = await s.open('/permissions/grants', {}, context)
  const other = await s.open('/permissions', {}, context)
  await other.locator(`${cell('write', 'fs.write:/workspace')}[aria-label*=": asks,"]`).waitFor()
  await page.getByLabel('Capability', { exact: true }).fill('fs.write:/workspace')
  await page.getByText('waits for your answer', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByRole('button', { name: 'Revoke fs.write:/workspace', exact: true }).waitFor()
  await other.locator(`${cell('write', 'fs.write:/workspace')}[aria-label*=": yes,"]`).waitFor()
  expect(areas(s).grants.at(-1)).toMatchObject({ capability: 'fs.write:/workspace', scope: 'workspace', tool: null })

  // And back: named, confirmed, gone everywhere.
  await page.getByRole('button', { name: 'Revoke fs.write:/workspace', exact: true }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.innerText()).toContain('fs.write:/workspace')
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('Revoked: fs.write:/workspace').waitFor()
  await other.locator(`${cell('write', 'fs.write:/workspace')}[aria-label*=": asks,"]`).waitFor()
  expect(areas(s).grants.some((grant) => grant.capability === 'fs.write:/workspace')).toBe(false)
})

it('revokes nothing when the person thinks better of it', async () => {
  const page = await s.open('/permissions/grants')
  const before = areas(s).grants.length
  await page.getByRole('button', { name: 'Revoke fs.write:/workspace/out' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect(areas(s).grants.length).toBe(before)
})

it('shows what the server could not understand at the field that it is about', async () => {
  const page = await s.open('/permissions/grants')
  const before = areas(s).grants.length
  await page.getByLabel('Capability', { exact: true }).fill('fs.wriet:/workspace')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('is no capability').waitFor()
  expect(await page.getByLabel('Capability', { exact: true }).getAttribute('aria-invalid')).toBe('true')
  await page.getByLabel('Capability', { exact: true }).fill('fs.write:/workspace/x')
  await page.getByLabel('Ends after').selectOption('other')
  await page.getByLabel('Span or time').fill('soon')
  await page.getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText('neither a span nor a time').waitFor()
  expect(await page.getByLabel('Span or time').getAttribute('aria-invalid')).toBe('true')
  expect(areas(s).grants.length).toBe(before)
})

it('explains a refusal that a link names, and offers the grant that would help', async () => {
  const page = await s.open('/permissions')
  await page.goto(`${s.mock.url}/permissions?effect=fs.write:/workspace/a.txt&tool=write`)
  await page.getByText('would wait for your answer').waitFor()
  await page.getByText('this decided').waitFor()
  expect(await page.getByLabel('Effect').inputValue()).toBe('fs.write:/workspace/a.txt')
  await page.getByRole('link', { name: 'Give this grant …' }).click()
  expect(await page.getByLabel('Capability', { exact: true }).inputValue()).toBe('fs.write:/workspace/a.txt')
})

it('says that no grant opens what is protected', async () => {
  const page = await s.open('/permissions/why')
  await page.getByLabel('Effect').fill('fs.write:/workspace/.git/config')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await page.getByText('no grant can lift this').waitFor()
  expect(await page.getByRole('link', { name: 'Give this grant …' }).count()).toBe(0)
})

it('trusts exactly what was shown, and nothing that came after', async () => {
  const page = await s.open('/permissions/trust')
  await page.getByRole('button', { name: 'Trust exactly this …' }).click()
  const shown = areas(s).trust.digest
  areas(s).trust.digest = 'f'.repeat(64)
  await page.getByRole('dialog').getByRole('button', { name: 'Trust', exact: true }).click()
  await page.getByText('The files changed while you looked').waitFor()
  expect(areas(s).trust.state).toBe('changed')
  areas(s).trust.digest = shown
  await page.reload()
  await page.getByRole('button', { name: 'Trust exactly this …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Trust', exact: true }).click()
  await page.getByRole('button', { name: 'Trust it no more …' }).waitFor()
  expect(areas(s).trust.state).toBe('trusted')
})

it('takes a secret in and never shows it', async () => {
  const page = await s.open('/permissions/secrets')
  const value = 'very-secret-value-1'
  await page.getByLabel('Name').fill('API_KEY')
  await page.getByLabel('Host').fill('api.example.com')
  await page.getByLabel('Value').fill(value)
  expect(await page.getByLabel('Value').getAttribute('type')).toBe('password')
  await page.getByLabel('POST').check()
  await page.getByRole('button', { name: 'Set', exact: true }).click()
  await page.getByRole('row', { name: /API_KEY/ }).waitFor()
  expect(await page.getByLabel('Value').inputValue()).toBe('')
  expect(await page.content()).not.toContain(value)
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(value)
  // A value that is refused does not stay in the field either.
  await page.getByLabel('Name').fill('lower')
  await page.getByLabel('Host').fill('api.example.com')
  await page.getByLabel('Value').fill(value)
  await page.getByRole('button', { name: 'Set', exact: true }).click()
  await page.getByText('a name is capital letters').waitFor()
  expect(await page.getByLabel('Value').inputValue()).toBe('')
})
