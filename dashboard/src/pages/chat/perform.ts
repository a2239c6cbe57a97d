// What the slash commands do.

import { api } from '#src/api/client'
import { asFailure } from '#src/api/failure'
import type { Mode } from '#src/api/types'
import { live } from '#src/app/live.svelte'
import { overlays } from '#src/app/overlays.svelte'
import { go } from '#src/app/router.svelte'
import { pathTo } from '#src/app/routes'
import { theme } from '#src/app/theme.svelte'
import { save } from '#src/parts/save'
import { text } from '#text/chat'
import { modeOf, type CommandName } from './commands'

/** What of the chat a command may reach. */
export interface Hands {
  session: string | null
  /** Says something in a new session. */
  speak(words: string): void
  stop(): void
  model(name: string): void
  mode(name: Mode): void
  focus(which: 'model' | 'mode'): void
  facts(): void
}

/** Does it. What comes back is what went wrong. */
export async function perform(name: CommandName, rest: string, hands: Hands): Promise<string | null> {
  const { session } = hands
  switch (name) {
    case 'new':
    case 'clear':
      go(pathTo('chat'))
      if (rest) hands.speak(rest)
      return null
    case 'model':
      return choose(rest, hands)
    case 'mode': {
      if (!rest) return hands.focus('mode'), null
      const found = modeOf(rest, live.status?.modes ?? [])
      if (!found) return text.composer.unknownMode(rest)
      hands.mode(found)
      return null
    }
    case 'stop':
      hands.stop()
      return null
    case 'help':
      overlays.keys = true
      return null
    case 'export':
      return exported(session, rest === 'json' ? 'json' : 'md')
    case 'cost':
      hands.facts()
      return null
    case 'theme':
      theme.flip()
      return null
    case 'resume':
      go(pathTo('sessions'))
      return null
    case 'audit':
      go(pathTo('audit', null, session ? { session } : undefined))
      return null
    case 'traces':
      go(pathTo('traces', session))
      return null
    case 'files':
      go(pathTo('files', null, session ? { session } : undefined))
      return null
    case 'permissions':
    case 'tools':
    case 'models':
    case 'settings':
      go(pathTo(name))
      return null
  }
}

function choose(said: string, hands: Hands): string | null {
  if (!said) {
    hands.focus('model')
    return null
  }
  const models = live.status?.models ?? []
  const found = models.find((model) => model === said) ?? models.find((model) => model.split('/').pop() === said)
  if (!found) return text.composer.unknownModel(said)
  hands.model(found)
  return null
}

async function exported(session: string | null, format: 'json' | 'md'): Promise<string | null> {
  if (!session) return null
  try {
    await save(await api.export(session, format), `${session}.${format}`)
    return null
  } catch (thrown) {
    return asFailure(thrown).message
  }
}
