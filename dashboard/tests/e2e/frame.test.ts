import AxeBuilder from '@axe-core/playwright'
import { afterEach, describe, expect, it } from 'vitest'
import { stage, type Page } from './browser'

const s = stage()
afterEach(() => expect(s.foreign).toEqual([]))

/** Every page, and the states of them that look different. */
const places = [
  '/chat', '/chat/01JDASH0000000000000000001', '/chat/01JDASH0000000000000000004', '/chat/nothing-of-this-name',
  '/sessions', '/permissions', '/permissions?effect=fs.read%3A%2Fhome%2Fada%2F.ssh&tool=bash', '/traces', '/traces/01JDASH0000000000000000001',
  '/audit', '/tools', '/tools/read', '/files', '/files?path=%2Fworkspace%2FREADME.md', '/files?session=01JDASH0000000000000000001', '/models', '/settings', '/no/such/page',
]

async function violations(page: Page) {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')} — ${node.failureSummary?.split('\n')[1]?.trim()}`))
}

/** The page as it stands when everything has arrived. */
async function settle(page: Page, place: string) {
  await page.goto(s.mock.url + place)
  await page.locator('main#main').waitFor()
  await page.waitForLoadState('networkidle')
}

describe('accessibility', () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`axe finds nothing on any page, ${theme}`, { timeout: 180_000 }, async () => {
      const page = await s.open('/chat', { theme })
      const found: Record<string, string[]> = {}
      for (const place of places) {
        await settle(page, place)
        const here = await violations(page)
        if (here.length > 0) found[place] = here
      }
      expect(found).toEqual({})
    })

    it(`axe finds nothing on the login, in a turn that asks, and in what lies over the page, ${theme}`, { timeout: 60_000 }, async () => {
      const bare = await (await s.context({ theme })).newPage()
      await bare.goto(s.mock.url)
      await bare.getByText('boxagnts open').waitFor()
      expect(await violations(bare)).toEqual([])
      const page = await s.open('/chat', { theme })
      await page.getByRole('textbox', { name: 'Message' }).fill('several')
      await page.keyboard.press('Enter')
      await page.getByText('Question 1 of 3').waitFor()
      await page.getByRole('region', { name: 'Conversation' }).evaluate((box) => box.querySelectorAll('details').forEach((one) => (one.open = true)))
      expect(await violations(page)).toEqual([])
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: /Find a page/ }).waitFor()
      expect(await violations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Keys' }).click()
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      expect(await violations(page)).toEqual([])
    })
  }
})

describe('widths', () => {
  for (const width of [360, 1280, 2560]) {
    it(`nothing is wider than a screen of ${width}`, { timeout: 90_000 }, async () => {
      const page = await s.open('/chat', { width, height: width < 500 ? 740 : 900 })
      for (const place of places) {
        await settle(page, place)
        const wide = await page.evaluate(() => [document.documentElement, document.querySelector('main')].map((one) => (one?.scrollWidth ?? 0) - (one?.clientWidth ?? 0)))
        expect([place, wide]).toEqual([place, [0, 0]])
      }
    })
  }

  it('on a narrow screen the pages are behind a button', async () => {
    const page = await s.open('/chat', { width: 360, height: 740 })
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.waitForURL('**/audit')
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0)
  })
})

describe('keyboard', () => {
  it('finds pages and sessions by the palette', async () => {
    const page = await s.open('/chat')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('audit')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/audit')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('budget of 2027')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/chat/01JDASH0000000000000000002')
  })

  it('goes to each page by G and a letter, and writes letters where one writes', async () => {
    const page = await s.open('/sessions')
    for (const [letter, path] of Object.entries({ a: 'audit', p: 'permissions', r: 'traces', t: 'tools', f: 'files', m: 'models', e: 'settings', s: 'sessions' })) {
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await page.waitForURL(`**/${path}`)
    }
    await page.getByLabel('Find by title or id').fill('')
    await page.keyboard.type('ga')
    expect(await page.getByLabel('Find by title or id').inputValue()).toBe('ga')
    expect(page.url()).toContain('/sessions')
  })

  it('shows its list on ?, and letters can be switched off there', async () => {
    const page = await s.open('/sessions')
    await page.keyboard.press('?')
    const list = page.getByRole('dialog', { name: 'Keys' })
    await list.getByText('find a page, session or command').waitFor()
    await list.getByRole('checkbox').uncheck()
    await page.keyboard.press('Escape')
    await list.waitFor({ state: 'hidden' })
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.keyboard.press('?')
    expect(await list.isVisible()).toBe(false)
    expect(page.url()).toContain('/sessions')
  })

  it('reaches an answer without a pointer', async () => {
    const page = await s.open('/chat')
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.keyboard.type('tour')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'May write do this?' }).waitFor()
    await page.keyboard.press('Control+.')
    for (let i = 0; i < 12; i++) {
      if (await page.evaluate(() => document.activeElement?.tagName === 'BUTTON' && document.activeElement.textContent?.trim().startsWith('No'))) break
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: /Why was fs.write/ }).waitFor()
  })

  it('shows where the focus is', async () => {
    const page = await s.open('/sessions')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page')
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press('Tab')
      const outline = await page.evaluate(() => {
        const at = document.activeElement
        return at && at !== document.body ? getComputedStyle(at).outlineStyle : 'body'
      })
      expect(['solid', 'auto', 'body']).toContain(outline)
    }
  })
})

describe('look', () => {
  it('follows the system, keeps a choice, and shares it with no server', async () => {
    const page = await s.open('/sessions', { theme: 'dark' })
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme'])
    expect(await theme()).toBe('dark')
    await page.getByLabel('Colours').selectOption('light')
    expect(await theme()).toBe('light')
    await page.reload()
    await page.locator('main#main').waitFor()
    expect(await theme()).toBe('light')
  })

  it('keeps to the policy of the gateway', async () => {
    const page = await s.open('/chat')
    const broken: string[] = []
    await page.exposeFunction('tellBroken', (what: string) => broken.push(what))
    await page.evaluate(() => document.addEventListener('securitypolicyviolation', (event) => (window as unknown as { tellBroken(what: string): void }).tellBroken(`${event.violatedDirective} ${event.blockedURI}`)))
    for (const letter of 'sparftme') {
      await page.evaluate(() => (document.activeElement as HTMLElement).blur())
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await page.waitForLoadState('networkidle')
    }
    expect(broken).toEqual([])
    // And the policy is really there.
    expect(await page.evaluate(() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (thrown) { return (thrown as Error).name } })).toBe('TypeError')
  })
})
