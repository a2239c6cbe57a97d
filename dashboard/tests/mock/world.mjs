// What the mock knows: logins, sessions, open questions, and who listens. Areas keep their own data beside it.

import { randomBytes } from 'node:crypto'

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** An id as the product makes them: 26 letters, in the order of time. */
export function ulid(now = Date.now()) {
  let time = ''
  for (let i = 0, rest = now; i < 10; i++, rest = Math.floor(rest / 32)) time = letters[rest % 32] + time
  return time + [...randomBytes(16)].map((b) => letters[b % 32]).join('')
}

export class World {
  origin = ''
  epoch = ulid()
  started = new Date().toISOString()
  codes = new Set()
  lasting = null
  logins = new Map()
  /** id → MockSession */
  sessions = new Map()
  /** Open connections, each `{ send(frame), close(code), token, watches }`. */
  peers = new Set()
  /** Called before each request; a test throws a `Refusal` here to play a failure. */
  before = null
  #timers = new Set()

  newCode() {
    const code = randomBytes(12).toString('hex')
    this.codes.add(code)
    return code
  }

  login(code) {
    if (!this.codes.delete(code) && code !== this.lasting) return null
    const token = randomBytes(16).toString('hex')
    const cookie = randomBytes(16).toString('hex')
    this.logins.set(token, cookie)
    return { token, cookie }
  }

  logout(token) {
    this.logins.delete(token)
    for (const peer of this.peers) if (peer.token === token) peer.close(4401)
  }

  knows(token, cookies = '') {
    const cookie = this.logins.get(token)
    return cookie !== undefined && cookies.split(/;\s*/).includes(`boxagnts=${cookie}`)
  }

  questions() {
    return [...this.sessions.values()].flatMap((session) => session.openQuestions())
  }

  /** Tells every page that something of this kind changed. */
  changed(what) {
    for (const peer of this.peers) peer.send({ type: 'changed', what })
  }

  /** A timer that ends with the mock. */
  after(ms, then) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      then()
    }, ms)
    this.#timers.add(timer)
  }

  end() {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const peer of this.peers) peer.close(1001)
  }
}
