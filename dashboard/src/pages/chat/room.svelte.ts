// One open session: what the server says about it, the events that are followed, and what a person can do to it.

import { api } from '#src/api/client'
import { asFailure, type Failure } from '#src/api/failure'
import type { Mode, Question, SessionDetail } from '#src/api/types'
import { onChanged } from '#src/app/changed'
import { live } from '#src/app/live.svelte'
import { Follow } from '#src/session/follow.svelte'

/** A process that died holds its session until its lease ends, and nobody tells of that. Looked at so often, in milliseconds. */
const lookElsewhere = 5_000

export class Room {
  readonly id: string
  readonly follow: Follow
  detail = $state.raw<SessionDetail | null>(null)
  /** Why the session cannot be shown. */
  failure = $state.raw<Failure | null>(null)
  /** Why the last wish was not done. */
  refused = $state.raw<Failure | null>(null)
  stopping = $state(false)
  readonly questions: Question[] = $derived.by(() => live.questions.filter((question) => question.session === this.id))
  readonly running = $derived.by(() => {
    const state = this.detail?.state
    // What runs in this server is followed event by event. Elsewhere a turn may also have been left open by a crash.
    if (this.follow.view.held || state === 'elsewhere') return this.follow.running
    return state === 'running' || state === 'waiting'
  })
  #endings: (() => void)[]
  #turn = 0

  constructor(id: string) {
    this.id = id
    this.follow = new Follow(id, live.stream)
    const timer = setInterval(() => void this.#lookElsewhere(), lookElsewhere)
    this.#endings = [onChanged('sessions', this.read), () => this.follow.end(), () => clearInterval(timer)]
    void this.read()
  }

  read = async (): Promise<void> => {
    const turn = ++this.#turn
    try {
      const detail = await api.session(this.id)
      if (turn !== this.#turn) return
      this.detail = detail
      this.failure = null
      if (detail.state === 'idle') this.stopping = false
    } catch (thrown) {
      if (turn === this.#turn) this.failure = asFailure(thrown)
    }
  }

  async #lookElsewhere(): Promise<void> {
    if (this.detail?.state !== 'elsewhere' || document.hidden) return
    await this.read()
    if (this.detail.state !== 'elsewhere') await live.readSessions()
  }

  /** Says something. Whether it was taken; if not, `refused` says why. */
  say = (text: string, images: { media_type: string; bytes: string }[] = []): Promise<boolean> =>
    this.#wish(() => api.say(this.id, text, images))

  stop = async (): Promise<void> => {
    this.stopping = true
    if (!(await this.#wish(() => api.stop(this.id)))) this.stopping = false
  }

  change = (wish: { model?: string; mode?: Mode }): Promise<boolean> =>
    this.#wish(async () => {
      this.#turn += 1
      this.detail = await api.changeSession(this.id, wish)
    })

  async #wish(act: () => Promise<unknown>): Promise<boolean> {
    this.refused = null
    try {
      await act()
      return true
    } catch (thrown) {
      this.refused = asFailure(thrown)
      return false
    }
  }

  end(): void {
    for (const ending of this.#endings) ending()
  }
}
