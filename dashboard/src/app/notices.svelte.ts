// Notifications of the desktop: a question waits while the person looks elsewhere. Asked for by a press, never by itself.

import type { Question } from '#src/api/types'
import { text } from '#text/app'
import { go } from './router.svelte'
import { pathTo } from './routes'

/** What the browser lets us do; `ask`: the person can allow it. */
type Standing = 'ask' | 'on' | 'refused' | 'none'

class Notices {
  state = $state<Standing>(current())
  #told = new Set<string>()

  offer = async (): Promise<void> => {
    await Notification.requestPermission()
    this.state = current()
  }

  /** Tells of questions that were not told of yet. */
  tell(questions: readonly Question[]): void {
    const fresh = questions.filter((question) => !this.#told.has(question.fingerprint))
    this.#told = new Set(questions.map((question) => question.fingerprint))
    if (this.state !== 'on' || (!document.hidden && document.hasFocus())) return
    for (const question of fresh) {
      const notice = new Notification(text.notify.title, {
        body: `${question.tool}: ${question.effects.join(', ').slice(0, 200)}`,
        tag: question.call,
      })
      notice.onclick = () => {
        window.focus()
        go(pathTo('chat', question.session))
        notice.close()
      }
    }
  }
}

function current(): Standing {
  if (!('Notification' in window)) return 'none'
  return ({ default: 'ask', granted: 'on', denied: 'refused' } as const)[Notification.permission]
}

export const notices = new Notices()
