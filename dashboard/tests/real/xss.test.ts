// Threat H06: whatever a model, a tool, a file or its name says is shown, and none of it does anything.

import { describe, expect, it } from 'vitest'
import corpus from '../xss.json'
import { conversation, ended, say } from './chat'
import { stage, type Page } from './stage'

const s = stage()

/** The longest of them are for the reader of Markdown and no name of anything. */
const payloads = corpus.filter((payload) => payload.length < 1000)
const lasting = corpus.filter((payload) => payload.length >= 1000)

/** A file's name holds no slash and no zero, and has at most 255 bytes. */
const named = (payload: string, i: number) => `${i} ${payload.replaceAll('/', '\u2215').replaceAll('\0', '')}`.slice(0, 100)

/** What stands in a page and could do something; nothing of this has a place in the dashboard. */
async function alive(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    // A blank page leads nowhere.
    const base = location.origin === 'null' ? 'http://nowhere.invalid/' : location.href
    if ('__xss' in window) found.push('a script ran')
    for (const one of document.querySelectorAll('*')) {
      const name = one.localName
      if (['iframe', 'frame', 'object', 'embed', 'base', 'applet', 'math', 'portal', 'audio', 'video', 'marquee'].includes(name)) found.push(`<${name}>`)
      if (name === 'script' && !one.getAttribute('src')?.startsWith('/assets/')) found.push('<script>')
      if (name === 'meta' && one.hasAttribute('http-equiv')) found.push('<meta http-equiv>')
      if (name === 'form' && one.hasAttribute('action')) found.push('<form action>')
      for (const { name: attribute, value } of one.attributes) {
        if (attribute.startsWith('on')) found.push(`${name} ${attribute}`)
        if (['href', 'src', 'xlink:href', 'action', 'formaction', 'data', 'poster', 'srcset'].includes(attribute)) {
          const to = URL.canParse(value, base) ? new URL(value, base) : new URL('data:,')
          const leads = name === 'a' ? ['http:', 'https:', 'mailto:'].includes(to.protocol) : to.origin === new URL(base).origin || to.protocol === 'blob:' || /^data:image\/(png|jpeg|gif|webp);/.test(value)
          if (!leads) found.push(`${name} ${attribute}=${value}`)
        }
      }
    }
    return found
  })
}

/** Another place of the dashboard, as its own links go there. */
async function go(page: Page, to: string): Promise<void> {
  await page.evaluate((where) => {
    history.pushState(null, '', where)
    dispatchEvent(new PopStateEvent('popstate'))
  }, to)
}

const openAll = (page: Page) => page.locator('main#main').evaluate((main) => main.querySelectorAll('details').forEach((one) => (one.open = true)))


describe('the corpus', () => {
  it('has at least a hundred payloads, and is alive where nothing guards', async () => {
    expect(corpus.length).toBeGreaterThanOrEqual(100)
    const page = await (await s.browser.newContext()).newPage()
    const asked: string[] = []
    await page.route('**/*', (route) => (asked.push(route.request().url()), route.abort()))
    for (const payload of ['<script>window.__xss=1</script>', '<img src=x onerror=window.__xss=1>']) {
      expect(corpus).toContain(payload)
      await page.goto('about:blank')
      await page.setContent(payload)
      await page.waitForFunction(() => '__xss' in window)
    }
    await page.goto('about:blank')
    await page.setContent('<img src=https://evil.example/spy.png>')
    await expect.poll(() => asked).toContain('https://evil.example/spy.png')
    // What looks for living things below finds them in most of the corpus when it is taken for HTML.
    let living = 0
    for (const payload of payloads.filter((one) => one.startsWith('<') && !one.includes('<meta'))) {
      await page.goto('about:blank')
      await page.evaluate((html) => (document.body.innerHTML = html), payload)
      if ((await alive(page)).length > 0) living += 1
    }
    expect(living).toBeGreaterThan(50)
    await page.context().close()
  })
})

describe('the last wall', () => {
  it('stops and tells what would have come through', async () => {
    const house = await s.house()
    const page = await s.open(house)
    const stopped = await page.evaluate(async () => {
      const refused: string[] = []
      try {
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.__xss=1>')
      } catch {
        refused.push('HTML')
      }
      const image = document.createElement('img')
      try {
        image.setAttribute('onerror', 'window.__xss=1')
      } catch {
        refused.push('attribute')
      }
      const frame = document.createElement('iframe')
      frame.src = 'https://evil.example/'
      document.body.append(image, frame)
      image.src = 'https://evil.example/spy.png'
      await fetch('https://evil.example/').catch(() => refused.push('request'))
      return refused
    })
    expect(stopped).toEqual(['HTML', 'attribute', 'request'])
    const policies = () => s.faults.filter((fault) => fault.startsWith('policy: ')).map((fault) => fault.split(' ')[1])
    await expect.poll(() => [...new Set(policies())].toSorted()).toEqual(expect.arrayContaining(['connect-src', 'frame-src', 'img-src', 'require-trusted-types-for']))
    // It is where it does not belong, and is seen there; it did nothing all the same.
    const seen = await alive(page)
    expect(seen).toContain('<iframe>')
    expect(seen).not.toContain('a script ran')
    expect(s.foreign).toEqual([])
    s.expected = [/./]
  })
})

describe('h06: nothing of the corpus runs', () => {
  it('in the text, the thinking and the made-up tools of a model, in its inputs and in titles', async () => {
    s.expected = [/404/]
    const replies = corpus.flatMap((payload, i) => [
      { thinking: `${payload}\n${payload}`, text: payload, calls: [{ tool: payload.slice(0, 60), input: { [payload]: payload, path: payload } }, { tool: 'read', input: { path: `p/${i}.txt` } }] },
      { text: `Before. ${payload} And after.` },
    ])
    const house = await s.house(replies, (made) => corpus.forEach((payload, i) => made.write(`p/${i}.txt`, `${payload}\n`)))
    const page = await s.open(house)
    const found: Record<string, string[]> = {}
    const look = async (what: string) => {
      const here = await alive(page)
      if (here.length > 0) found[what] = here
    }
    const ids: string[] = []
    for (const payload of corpus) {
      const id = await house.session(payload.replaceAll('\0', ' '))
      ids.push(id)
      await go(page, `/chat/${id}`)
      await conversation(page).getByText('And after.').waitFor()
      await openAll(page)
      await look(payload)
    }
    expect(house.requests().flatMap((request) => request.violations)).toEqual([])
    // The same things where they are listed.
    const lists: [string, string | RegExp][] = [
      ['/sessions', /xss/], ['/traces', /xss/], ['/audit', /p\/\d+\.txt/], ['/audit?refused=true', /Nothing|refused/],
      [`/traces/${ids.at(7)}`, 'openai/x'], [`/traces/${ids.at(70)}`, 'openai/x'], [`/files?session=${ids.at(3)}`, 'Nothing is changed'],
    ]
    for (const [path, shows] of lists) {
      await page.goto(house.origin + path)
      await page.locator('main#main').getByText(shows).filter({ visible: true }).first().waitFor()
      await openAll(page)
      await look(path)
    }
    await page.keyboard.press('Control+k')
    await page.keyboard.type('xss')
    await page.getByRole('option').filter({ visible: true }).first().waitFor()
    await look('palette')
    expect(found).toEqual({})
  })

  it('as it streams, and as what a tool gave back', async () => {
    const all = payloads.join('\n\n')
    const house = await s.house(
      [
        { thinking: all, text: all, calls: [{ tool: 'read', input: { path: 'all.txt' } }, { tool: 'glob', input: { pattern: '**' } }], pause_ms: 1 },
        { calls: [{ tool: 'bash', input: { script: 'cat all.txt; ls' } }, { tool: 'grep', input: { pattern: 'xss' } }] },
        { text: `${lasting.join('\n\n')}\n\n${all}`, pause_ms: 1 },
      ],
      (made) => {
        made.write('all.txt', payloads.join('\n'))
        payloads.forEach((payload, i) => made.write(named(payload, i), payload))
      },
    )
    const page = await s.open(house)
    await say(page, all.replaceAll('\0', ' '))
    await ended(page)
    await openAll(page)
    await conversation(page).getByText('evil.example').first().waitFor()
    expect(await alive(page)).toEqual([])
    // Whoever comes later reads it from the journal.
    await page.reload()
    await conversation(page).getByText('evil.example').first().waitFor()
    await openAll(page)
    expect(await alive(page)).toEqual([])
  })

  it('as the name of a file, or in one', async () => {
    const house = await s.house([], (made) => payloads.forEach((payload, i) => made.write(named(payload, i), `${payload}\n`)))
    const page = await s.open(house, '/files')
    await page.getByRole('treeitem').nth(payloads.length - 1).waitFor()
    expect(await alive(page)).toEqual([])
    const found: string[] = []
    // A name with a backslash, or with signs that control something, is listed and cannot be opened.
    const openable = [...payloads.entries()].filter(([, payload]) => !/[\\\u0000-\u001f]/.test(payload))
    for (const [i, payload] of openable) {
      await go(page, `/files?path=${encodeURIComponent(`/workspace/${named(payload, i)}`)}`)
      await page.getByRole('treeitem', { selected: true }).filter({ hasText: `${i} ` }).waitFor()
      found.push(...(await alive(page)))
    }
    await page.getByLabel('Find a file').fill('xss')
    await page.getByRole('link').filter({ hasText: 'xss', visible: true }).first().waitFor()
    found.push(...(await alive(page)))
    await go(page, '/chat')
    await page.getByRole('textbox', { name: 'Message' }).pressSequentially('@xss')
    await page.getByRole('option').filter({ visible: true }).first().waitFor()
    found.push(...(await alive(page)))
    expect(found).toEqual([])
  })

  it('in an error of a model, and in an address that somebody made', async () => {
    s.expected = [/40[04]|422/]
    const some = payloads.filter((payload) => /xss|evil/.test(payload)).slice(0, 60)
    const house = await s.house([{ status: 400, body: JSON.stringify({ error: { message: some.join(' '), type: some[0], code: some[1] } }) }])
    const page = await s.open(house)
    await say(page, 'Fail')
    await ended(page)
    await conversation(page).getByText('window.__xss').first().waitFor()
    expect(await alive(page)).toEqual([])
    const found: string[] = []
    for (const payload of some) {
      const said = encodeURIComponent(payload)
      for (const path of [`/chat/${said}`, `/files?path=${said}`, `/permissions?effect=${said}&tool=${said}`, `/audit?session=${said}`, `/tools/${said}`, `/traces/${said}`, `/${said}`]) {
        await go(page, path)
        await page.locator('main h1').waitFor()
        found.push(...(await alive(page)))
      }
    }
    expect(found).toEqual([])
  })
})

