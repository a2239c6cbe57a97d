import { afterEach, describe, expect, it } from 'vitest'
import { stage } from './browser'

const s = stage()
afterEach(() => expect(s.foreign).toEqual([]))

describe('login', () => {
  it('without a login teaches how to get one, and shows nothing else', async () => {
    const page = await (await s.context()).newPage()
    await page.goto(`${s.mock.url}/audit`)
    await page.getByText('boxagnts open').waitFor()
    expect(await page.locator('main#main').count()).toBe(0)
  })

  it('by a link takes the code out of the address and its history', async () => {
    const page = await (await s.context()).newPage()
    await page.goto(s.mock.link('/sessions'))
    await page.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor()
    expect(page.url()).toBe(`${s.mock.url}/sessions`)
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)
  })

  it('with a used code says so', async () => {
    const link = s.mock.link()
    const first = await (await s.context()).newPage()
    await first.goto(link)
    await first.locator('main#main').waitFor()
    const second = await (await s.context()).newPage()
    await second.goto(link)
    await second.getByText('older than a minute').waitFor()
  })

  it('holds in a second tab of the browser, and a fresh link opened in a tab logs it in', async () => {
    const context = await s.context()
    const first = await context.newPage()
    await first.goto(`${s.mock.url}/`)
    await first.getByText('boxagnts open').waitFor()
    await first.evaluate((to) => (location.href = to), s.mock.link('/'))
    await first.locator('main#main').waitFor()
    const second = await context.newPage()
    await second.goto(`${s.mock.url}/chat`)
    await second.locator('main#main').waitFor()
  })

  it('ends in all tabs within a second', async () => {
    const context = await s.context()
    const first = await s.open('/chat', {}, context)
    const second = await context.newPage()
    await second.goto(`${s.mock.url}/chat`)
    await second.getByText('Live').first().waitFor()
    await first.getByRole('button', { name: 'Log out' }).click()
    await second.getByText('boxagnts open').waitFor({ timeout: 1000 })
    expect(await second.evaluate(() => localStorage.getItem('boxagnts.token'))).toBeNull()
  })

  it('that the server forgot leads to the page that teaches', async () => {
    const page = await s.open('/chat')
    s.mock.world.logins.clear()
    for (const peer of s.mock.world.peers) peer.close(1001)
    await page.getByText('boxagnts open').waitFor()
  })
})
