// Everything that the server says may come from a model, a tool, a file or a page of the web. Here each text of each answer
// holds an attack, and every page has to show it as nothing but text.

import { readFileSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, expect, it } from 'vitest'
import { stage } from './browser'

const s = stage()
const session = '01JDASH0000000000000000001'
const corpus = JSON.parse(readFileSync(new URL('../xss.json', import.meta.url), 'utf8')) as string[]
const payloads = corpus.filter((payload) => payload.length < 400)
const paths = [
  '/permissions', '/permissions/grants', '/permissions/why?effect=fs.write:/workspace/a.txt&tool=write', '/permissions/trust', '/permissions/secrets',
  '/traces', `/traces/${session}`, '/audit', '/tools', '/tools/bash', '/files', '/files?path=/workspace', '/files?path=/workspace/README.md',
  `/files?session=${session}`, '/models', '/settings', '/settings/file', '/settings/doctor',
]

// Words that choose what is shown, and names by which things are found again, stay as they are.
const kept = /^(id|session|call|run|kind|type|state|verdict|decision|level|scope|digest|prev|fingerprint|token|epoch|expires|created|started|updated|changed|time|set|path|mode|modes|outcome|privacy|opening|trust|access|bytes_base64|media_type|workspace_id|default_model|seq)$/
let next = 0
function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return kept.test(key) ? value : `${value}${payloads[next++ % payloads.length]}\u202e`
  if (Array.isArray(value)) return kept.test(key) ? value : value.map((one) => poison(one, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poison(one, name)]))
}

it('shows attacks in every text of every answer as text', async () => {
  const page = await s.open('/permissions')
  await page.route('**/api/v1/**', async (route) => {
    const answer = await route.fetch()
    const type = answer.headers()['content-type'] ?? ''
    if (!type.includes('json')) return route.fulfill({ response: answer })
    return route.fulfill({ response: answer, json: poison(await answer.json()) })
  })
  const found: string[] = []
  for (const path of paths) {
    await page.goto(s.mock.url + path)
    await page.locator('main h1').waitFor()
    await page.waitForLoadState('networkidle')
    found.push(...(await page.evaluate(look)).map((what) => `${path}: ${what}`))
  }
  expect(found).toEqual([])
  // The attacks were there: a page that shows nothing proves nothing.
  expect(next).toBeGreaterThan(payloads.length * 3)
}, 120_000)

/** Runs in the page: opens all that can be opened, and names what an attack would have left. */
async function look(): Promise<string[]> {
  for (const one of document.querySelectorAll('details')) one.open = true
  await new Promise((done) => setTimeout(done, 50))
  const main = document.querySelector('main')!
  const found: string[] = []
  if ((window as { __xss?: unknown }).__xss !== undefined) found.push('a script ran')
  for (const one of main.querySelectorAll('script, iframe, object, embed, svg, math, img, video, audio, style, link, base, meta, template')) {
    found.push(one.outerHTML.slice(0, 120))
  }
  for (const one of main.querySelectorAll('*')) {
    for (const { name, value } of one.attributes) {
      if (name.startsWith('on')) found.push(`${name}=${value}`)
      if ((name === 'href' || name === 'src') && !value.startsWith('/')) found.push(`${name}=${value}`)
    }
  }
  // Signs that turn the order of letters around are shown by their number. A field shows what is really in it.
  const copy = main.cloneNode(true) as HTMLElement
  for (const one of copy.querySelectorAll('textarea')) one.remove()
  const turned = /.{0,60}\u202e/.exec(copy.textContent ?? '')
  if (turned) found.push(`turned around: ${turned[0]}`)
  return found
}

it('has no violation that axe finds in what opens over a page', async () => {
  const page = await s.open('/permissions', { theme: 'dark' })
  const found: string[] = []
  const look = async (what: string) => {
    const { violations } = await new AxeBuilder({ page }).analyze()
    found.push(...violations.map((one) => `${what}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`))
  }
  await page.locator('button[aria-label^="write, fs.write:/workspace:"]').click()
  await page.getByText('What “write” may do').waitFor()
  await look('a cell')
  await page.goto(`${s.mock.url}/permissions/grants`)
  await page.getByRole('button', { name: 'Revoke fs.write:/workspace/out' }).click()
  await look('a question')
  await page.goto(`${s.mock.url}/audit`)
  await page.getByRole('button', { name: 'Verify the log' }).click()
  await page.getByText('The log is intact').waitFor()
  await page.locator('summary', { hasText: '38,700 times' }).click()
  await page.getByRole('button', { name: 'Load the whole list' }).click()
  await page.getByText('/workspace/src/file-39.md').waitFor()
  await look('a receipt')
  await page.goto(`${s.mock.url}/traces/${session}`)
  await page.getByRole('treeitem', { name: /read × 5/ }).click()
  await page.getByRole('treeitem', { name: /bash.*2 refused/ }).click()
  await look('a row')
  await page.goto(`${s.mock.url}/models`)
  await page.getByRole('button', { name: 'Test openai/gpt-6', exact: true }).click()
  await page.getByText('This model works here').waitFor()
  await look('a test')
  await page.goto(`${s.mock.url}/settings/file`)
  await page.getByRole('textbox', { name: /Text of/ }).fill('odd\n')
  await page.keyboard.press('Control+s')
  await page.getByText('Line 1 cannot be understood').waitFor()
  await look('an error')
  expect(found).toEqual([])
}, 120_000)

afterAll(() => {
  expect(s.foreign).toEqual([])
  expect(s.errors.filter((line) => /Content Security Policy|Trusted|TypeError|ReferenceError/i.test(line))).toEqual([])
})
