// Every page with what happened in a furnished house, and what says that its content has arrived.

import type { Page } from 'playwright-core'
import { ask, furnish, prepare, replies, waiting } from './furnish'
import type { House, Stage } from './stage'

export type Place = [name: string, path: string, shows: string | RegExp]

const places = (id: string, open: string): Place[] => [
  ['start', '/chat', 'What shall be done here?'],
  ['chat', `/chat/${id}`, 'which is as it should be'],
  ['question', `/chat/${open}`, 'What would change'],
  ['sessions', '/sessions', 'What is in this picture?'],
  ['permissions', '/permissions', 'web_fetch'],
  ['grants', '/permissions/grants', 'network.get:https://docs.example.com'],
  ['why', '/permissions/why?effect=fs.write%3A%2Fworkspace%2F.env&tool=write', 'this decided'],
  ['trust', '/permissions/trust', 'not trusted'],
  ['secrets', '/permissions/secrets', 'BANK_TOKEN'],
  ['traces', '/traces', 'Add November to the summary'],
  ['trace', `/traces/${id}`, 'grep'],
  ['audit', '/audit', /\d+ receipts/],
  ['refused', '/audit?refused=true', /\d+ receipts/],
  ['tools', '/tools', 'web_fetch'],
  ['tool', '/tools/bash', 'script'],
  ['files', '/files', 'SUMMARY.md'],
  ['file', '/files?path=%2Fworkspace%2FREADME.md', 'Each file in'],
  ['image', '/files?path=%2Fworkspace%2Flogo.png', '10 × 10'],
  ['bytes', '/files?path=%2Fworkspace%2Fdata.bin', 'neither text nor an image'],
  ['changes', `/files?session=${id}`, 'November'],
  ['models', '/models', 'OPENAI_API_KEY'],
  ['settings', '/settings', 'limits.timeout'],
  ['editor', '/settings/file', 'config.toml'],
  ['doctor', '/settings/doctor', 'well'],
  ['nowhere', '/no/such/page', /./],
]

export async function furnished(stage: Stage): Promise<{ house: House; all: Place[] }> {
  const house = await stage.house([...replies, ...waiting], prepare)
  const id = await furnish(house)
  return { house, all: places(id, await ask(house)) }
}

/** Goes there, and waits until what is said of it is there; on a narrow screen it may lie behind a fold. */
export async function arrive(page: Page, house: House, [, path, shows]: Place, folded = false): Promise<void> {
  await page.goto(house.origin + path)
  await page.locator('main h1').first().waitFor({ state: folded ? 'attached' : 'visible' })
  const sign = page.locator('main#main').getByText(shows)
  if (folded) await sign.first().waitFor({ state: 'attached' })
  else await sign.filter({ visible: true }).first().waitFor()
}
