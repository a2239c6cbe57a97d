import { describe, expect, it } from 'vitest'
import { stage } from './stage'

const s = stage()

describe('login', () => {
  it('by the link that the server prints takes the code out of the address at once', async () => {
    const house = await s.house()
    expect(house.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=/)
    const code = new URL(house.link).hash.slice('#code='.length)
    const page = await (await s.context(house)).newPage()
    // Whatever the address is when the login is asked for: the code is gone by then.
    const asked = page.waitForRequest('**/api/v1/login')
    await page.goto(house.link)
    expect(await asked.then((request) => request.url() + JSON.stringify(request.headers()))).not.toContain(code)
    await page.locator('main#main').waitFor()
    expect(page.url()).not.toContain('code')
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)
    expect([...s.asked].filter((url) => url.includes(code) && !url.includes('#'))).toEqual([])
    const cookies = await page.context().cookies()
    expect(cookies.map((cookie) => [cookie.httpOnly, cookie.sameSite])).toEqual([[true, 'Strict']])
  })

  it('by a link that was used, or that nobody printed, teaches how to get one', async () => {
    s.expected = [/401/]
    const house = await s.house()
    const first = await (await s.context(house)).newPage()
    await first.goto(house.link)
    await first.locator('main#main').waitFor()
    for (const link of [house.link, `${house.origin}/#code=${'A'.repeat(43)}`]) {
      const page = await (await s.context(house)).newPage()
      await page.goto(link)
      await page.getByText('was used already or is older than a minute').waitFor()
      await page.getByText('boxagnts open').waitFor()
      expect(await page.locator('main#main').count()).toBe(0)
    }
    const page = await (await s.context(house)).newPage()
    await page.goto(await house.fresh())
    await page.locator('main#main').waitFor()
  })

  it('ends in every tab, and what is left of it opens nothing', async () => {
    s.expected = [/401/]
    const house = await s.house()
    const context = await s.context(house)
    const first = await s.open(house, '/chat', {}, context)
    const second = await context.newPage()
    await second.goto(`${house.origin}/sessions`)
    await second.getByRole('heading', { name: 'Sessions', level: 1 }).waitFor()
    const token = await first.evaluate(() => localStorage.getItem('boxagnts.token'))
    const cookies = await context.cookies()
    await first.getByRole('button', { name: 'Log out' }).click()
    for (const page of [first, second]) await page.getByText('boxagnts open').waitFor()
    // Both halves, as a thief would have kept them.
    await context.addCookies(cookies)
    const status = await first.evaluate(
      (kept) => fetch('/api/v1/status', { headers: { authorization: `Bearer ${kept}` } }).then((reply) => reply.status),
      token,
    )
    expect(status).toBe(401)
  })
})
