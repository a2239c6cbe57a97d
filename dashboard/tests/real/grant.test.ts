// A grant that a person takes back holds no longer: within a second, also for a call that is under way.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { conversation, ended, field, say } from './chat'
import { stage } from './stage'

const s = stage()

/** Writes one file after the other until it is refused. */
const writesOn = 'i=0; while true; do i=$((i+1)); echo x > out/$i || exit 3; sleep 0.02; done'

it('a grant that is revoked on the page ends what a running tool may do within a second', async () => {
  const house = await s.house([{ calls: [{ tool: 'bash', input: { script: writesOn } }] }, { text: 'Over.' }], (made) => made.write('out/0', ''))
  await house.run('grant', 'add', 'fs.write:/workspace/out')
  const written = () => readdirSync(join(house.workspace, 'out')).length
  const context = await s.context(house)
  const page = await s.open(house, '/chat', {}, context)
  await say(page, '/mode dont-ask')
  await expect.poll(() => page.getByLabel('Permission mode').inputValue()).toBe('dont-ask')
  await say(page, 'Work')
  // It works while the page of the grants is opened, and would for ever.
  const other = await context.newPage()
  await other.goto(`${house.origin}/permissions/grants`)
  await other.getByRole('button', { name: 'Revoke fs.write:/workspace/out' }).click()
  const sure = other.getByRole('dialog').getByRole('button', { name: 'Revoke' })
  await sure.waitFor()
  await expect.poll(written, { timeout: 60_000 }).toBeGreaterThan(10)
  expect(await conversation(page).locator('article.call.running').count()).toBe(1)
  // The press and the last file are both told by the clock of this machine.
  const pressed = other.waitForRequest((request) => request.method() === 'DELETE')
  await sure.click()
  const start = Date.now() - 1
  await pressed
  await other.getByText('Revoked: fs.write:/workspace/out').waitFor()
  await ended(page)
  const last = Math.max(...readdirSync(join(house.workspace, 'out')).map((name) => statSync(join(house.workspace, 'out', name)).mtimeMs))
  expect(last - start).toBeLessThan(1000)
  const stood = written()
  await conversation(page).getByRole('link', { name: /^Why was fs\.write:\/workspace\/out/ }).first().waitFor()
  expect(written()).toBe(stood)
  expect(await field(page).isEnabled()).toBe(true)
})
