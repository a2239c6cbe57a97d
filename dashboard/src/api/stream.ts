// The live connection: one WebSocket for all sessions that are shown. It comes back by itself, and each watcher goes on
// from where it was.

import { token } from './login'
import type { ClientFrame, ServerFrame } from './types'

/** First wait after a lost connection, doubled each time up to the last, in milliseconds; half of it is chance. */
const firstWait = 250
const lastWait = 10_000
/** A connection that says no hello in this time is given up, in milliseconds. */
const patience = 8_000

export type LinkState =
  | { state: 'idle' | 'connecting' | 'live' | 'out' }
  /** `until`: when it is tried again, as `Date.now()` counts. */
  | { state: 'lost'; until: number }

export interface Cursor {
  epoch?: string
  after?: number
}

/** Who follows one session. */
export interface Watcher {
  /** Where to go on. Empty: from the start. */
  cursor(): Cursor
  frame(frame: ServerFrame): void
}

/** What of the browser the stream uses; tests put something else. */
export interface World {
  open(token: string): WebSocket
  after(ms: number, then: () => void): () => void
  now(): number
  chance(): number
}

const browser: World = {
  open: (known) => {
    const url = new URL('/api/v1/stream', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    return new WebSocket(url, ['boxagnts.v1', `bearer.${known}`])
  },
  after: (ms, then) => {
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  },
  now: () => Date.now(),
  chance: () => Math.random(),
}

export class Stream {
  #world: World
  #socket: WebSocket | null = null
  #timer: (() => void) | null = null
  #tries = 0
  #watchers = new Map<string, Set<Watcher>>()
  #link: LinkState = { state: 'idle' }
  /** Told of each change of the link. */
  onlink: (link: LinkState) => void = () => {}
  /** Told of frames that belong to no session. */
  onframe: (frame: ServerFrame) => void = () => {}
  /** Told after each connection that ended, since neither a refused upgrade nor a close says whether the login still counts. */
  onfailed: () => void = () => {}

  constructor(world: World = browser) {
    this.#world = world
  }

  get link(): LinkState {
    return this.#link
  }

  /** Connects, if it is not connected. */
  start(): void {
    if (this.#socket) return
    this.#clear()
    const known = token()
    if (known === null) return this.#show({ state: 'out' })
    this.#show({ state: 'connecting' })
    let socket: WebSocket
    try {
      socket = this.#world.open(known)
    } catch {
      return this.#wait()
    }
    this.#socket = socket
    this.#timer = this.#world.after(patience, () => socket.close())
    socket.onmessage = (message) => this.#take(socket, message.data)
    socket.onclose = () => this.#closed(socket)
  }

  /** Ends the connection and does not come back before `start`. */
  stop(): void {
    this.#clear()
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    this.#tries = 0
    this.#show({ state: 'idle' })
  }

  /** Tries at once instead of waiting further. */
  now(): void {
    if (this.#link.state !== 'lost') return
    this.#tries = 0
    this.start()
  }

  /** Follows a session; the result ends it. */
  watch(session: string, watcher: Watcher): () => void {
    const set = this.#watchers.get(session) ?? new Set()
    const first = set.size === 0
    this.#watchers.set(session, set.add(watcher))
    // A second watcher of the same session needs its own beginning, and the server knows one subscription only.
    if (first) this.#ask(session, watcher.cursor())
    else this.#ask(session, {})
    return () => {
      set.delete(watcher)
      if (set.size > 0) return
      this.#watchers.delete(session)
      this.#send({ type: 'unwatch', session })
    }
  }

  /** Asks anew from the start, for a watcher that saw a gap. */
  again(session: string): void {
    if (this.#watchers.has(session)) this.#ask(session, {})
  }

  #ask(session: string, cursor: Cursor): void {
    this.#send({ type: 'watch', session, ...cursor })
  }

  #send(frame: ClientFrame): void {
    if (this.#link.state === 'live') this.#socket?.send(JSON.stringify(frame))
  }

  #take(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== 'string') return
    const frame = read(data)
    if (!frame) return
    if (frame.type === 'hello') {
      this.#clear()
      this.#tries = 0
      this.#show({ state: 'live' })
      for (const [session, set] of this.#watchers) {
        const [only, ...others] = set
        if (only) this.#ask(session, others.length === 0 ? only.cursor() : {})
      }
    }
    const session = 'session' in frame ? frame.session : null
    if (session === null) this.onframe(frame)
    else for (const watcher of this.#watchers.get(session) ?? []) watcher.frame(frame)
  }

  #closed(socket: WebSocket): void {
    if (socket !== this.#socket) return
    this.#clear()
    this.#socket = null
    this.#wait()
    // 4401 says that the login has ended, but also that nothing was heard for long, as after a sleep of the machine.
    this.onfailed()
  }

  #wait(): void {
    const full = Math.min(lastWait, firstWait * 2 ** this.#tries)
    this.#tries += 1
    const wait = full / 2 + (full / 2) * this.#world.chance()
    this.#show({ state: 'lost', until: this.#world.now() + wait })
    this.#timer = this.#world.after(wait, () => this.start())
  }

  #clear(): void {
    this.#timer?.()
    this.#timer = null
  }

  #show(link: LinkState): void {
    this.#link = link
    this.onlink(link)
  }
}

function read(data: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(data)
    return typeof frame === 'object' && frame !== null && 'type' in frame ? (frame as ServerFrame) : null
  } catch {
    return null
  }
}
