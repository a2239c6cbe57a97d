// What all pages share: the connection, the state of the server, and the questions that wait.

import { api } from '#src/api/client'
import { asFailure, type Failure } from '#src/api/failure'
import { keep, token } from '#src/api/login'
import { loggedOut } from '#src/api/request'
import { Stream, type LinkState } from '#src/api/stream'
import type { Question, ServerFrame, SessionCard, Status } from '#src/api/types'
import { anythingMayHaveChanged, changed, onChanged } from './changed'

export type Door = 'opening' | 'in' | 'out'

class Live {
  /** Whether somebody is logged in. */
  door = $state<Door>('opening')
  /** Why a login with a code failed. */
  refused = $state.raw<Failure | null>(null)
  link = $state.raw<LinkState>({ state: 'idle' })
  status = $state.raw<Status | null>(null)
  questions = $state.raw<Question[]>([])
  sessions = $state.raw<SessionCard[] | null>(null)
  readonly stream = new Stream()
  readonly waiting = $derived(this.questions.length)

  constructor() {
    this.stream.onlink = (link) => (this.link = link)
    this.stream.onframe = (frame) => this.#frame(frame)
    // A login that ended looks like a lost connection: a plain request tells the two apart.
    this.stream.onfailed = () => void this.readStatus()
    loggedOut.addEventListener('out', () => this.leave())
    onChanged('questions', () => void this.readQuestions())
    onChanged('sessions', () => void this.readSessions())
    for (const what of ['trust', 'settings', 'models'] as const) onChanged(what, () => void this.readStatus())
  }

  /** Logs in with a one-time code, or with what this browser remembers. */
  enter = async (code: string | null): Promise<void> => {
    this.refused = null
    if (code !== null) {
      this.door = 'opening'
      try {
        keep(await api.login(code))
      } catch (thrown) {
        this.refused = asFailure(thrown)
      }
    }
    if (token() === null) {
      this.door = 'out'
      return
    }
    this.door = 'in'
    this.refused = null
    this.stream.stop()
    this.stream.start()
    await Promise.all([this.readStatus(), this.readQuestions(), this.readSessions()])
  }

  /** Without a login nothing of the workspace stays on the screen. */
  leave = (): void => {
    if (token() !== null && this.door === 'in') keep(null)
    this.stream.stop()
    this.door = 'out'
    this.status = null
    this.questions = []
    this.sessions = null
  }

  /** Ends the login of this browser on the server too. */
  logout = async (): Promise<void> => {
    try {
      await api.logout()
    } finally {
      this.leave()
    }
  }

  readStatus = async (): Promise<void> => {
    const status = await quietly(api.status)
    if (status && this.door === 'in') this.status = status
  }

  readQuestions = async (): Promise<void> => {
    const answer = await quietly(api.questions)
    if (answer && this.door === 'in') this.questions = answer.questions
  }

  readSessions = async (): Promise<void> => {
    const answer = await quietly(() => api.sessions(200))
    if (answer && this.door === 'in') this.sessions = answer.sessions
  }

  #frame(frame: ServerFrame): void {
    if (frame.type === 'changed') changed(frame.what)
    if (frame.type === 'hello') {
      // What happened while nobody listened is not told again.
      anythingMayHaveChanged()
      void this.readStatus()
    }
  }
}

/** The connection line already says that the server does not answer; these are read again when it does. */
async function quietly<T>(fetch: () => Promise<T>): Promise<T | null> {
  try {
    return await fetch()
  } catch {
    return null
  }
}

export const live = new Live()
