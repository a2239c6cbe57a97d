// Puts words on the clipboard, and says so.

import { text } from '#text/app'
import { say } from './say.svelte'

export async function copy(words: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(words)
    say(text.copied)
  } catch {
    say(text.notCopied, { bad: true })
  }
}
