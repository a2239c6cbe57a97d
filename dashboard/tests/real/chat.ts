// What a person does on the chat page.

import type { Page } from 'playwright-core'

export const field = (page: Page) => page.getByRole('textbox', { name: 'Message' })

export const conversation = (page: Page) => page.getByRole('region', { name: 'Conversation' })

export async function say(page: Page, words: string): Promise<void> {
  await field(page).fill(words)
  await field(page).press('Enter')
}

/** The end of so many turns. */
export const ended = (page: Page, turns = 1) => conversation(page).locator('footer.end').nth(turns - 1).waitFor()

/** The session that the page shows. */
export async function sessionOf(page: Page): Promise<string> {
  await page.waitForURL(/\/chat\/.+/)
  return new URL(page.url()).pathname.split('/').pop() ?? ''
}

/** The question on the screen. */
export const question = (page: Page, tool: string) => page.getByRole('region', { name: `May ${tool} do this?` })
