// Something that a page fetches: the value, or why there is none, and whether it is on its way.

import { asFailure, type Failure } from '#src/api/failure'

/** A fetched value. The newest call wins, whatever order the answers come in; an old value stays while a new one loads. */
export class Load<T> {
  value = $state.raw<T | null>(null)
  failure = $state.raw<Failure | null>(null)
  busy = $state(false)
  #fetch: () => Promise<T>
  #turn = 0

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch
  }

  /** Fetches anew. Call it in an `$effect` that reads what the fetch depends on. */
  reload = async (): Promise<void> => {
    const turn = ++this.#turn
    this.busy = true
    try {
      const value = await this.#fetch()
      if (turn !== this.#turn) return
      this.value = value
      this.failure = null
    } catch (thrown) {
      if (turn !== this.#turn) return
      this.failure = asFailure(thrown)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Takes a value that another answer brought along. */
  set(value: T): void {
    this.#turn += 1
    this.value = value
    this.failure = null
    this.busy = false
  }
}
