// Follows one session over the live connection and keeps what is to be shown.

import { api } from '#src/api/client'
import { asFailure, type Failure } from '#src/api/failure'
import type { Stream, Watcher } from '#src/api/stream'
import type { ServerFrame } from '#src/api/types'
import { addEarlier, cursorOf, isRunning, itemsOf, take, unread, type View } from './view'

/** Events of one page of history. */
const pageSize = 1000
/** In a hidden tab there are no frames to paint; then events are taken this often, in milliseconds. */
const hiddenPace = 200

export class Follow implements Watcher {
  view = $state.raw<View>(unread)
  /** Whether earlier events are being loaded, and why they could not be. */
  loading = $state(false)
  failure = $state.raw<Failure | null>(null)
  readonly items = $derived(itemsOf(this.view))
  readonly running = $derived(isRunning(this.view))
  readonly session: string
  #stream: Stream
  #queue: ServerFrame[] = []
  #planned: (() => void) | null = null
  #end: () => void

  constructor(session: string, stream: Stream) {
    this.session = session
    this.#stream = stream
    this.#end = stream.watch(session, this)
  }

  /** Whether the journal has events before those that are loaded. */
  get hasEarlier(): boolean {
    return (this.view.journal[0]?.seq ?? 1) > 1
  }

  cursor() {
    this.#flush()
    return cursorOf(this.view)
  }

  /** Frames are gathered and taken together, once for each picture that the browser paints. */
  frame(frame: ServerFrame): void {
    this.#queue.push(frame)
    if (this.#planned) return
    // A window may paint nothing for long and still count as seen, so that the timer has the last word.
    const timer = setTimeout(this.#flush, hiddenPace)
    const request = document.hidden ? null : requestAnimationFrame(this.#flush)
    this.#planned = () => {
      clearTimeout(timer)
      if (request !== null) cancelAnimationFrame(request)
    }
  }

  /** Loads the page of history before what is there. */
  earlier = async (): Promise<void> => {
    const first = this.view.journal[0]?.seq
    if (this.loading || first === undefined || first <= 1) return
    this.loading = true
    try {
      const page = await api.events(this.session, { before: first, limit: pageSize })
      this.view = addEarlier(this.view, page.events)
      this.failure = null
    } catch (thrown) {
      this.failure = asFailure(thrown)
    } finally {
      this.loading = false
    }
  }

  end(): void {
    this.#planned?.()
    this.#queue = []
    this.#end()
  }

  #flush = (): void => {
    this.#planned?.()
    this.#planned = null
    if (this.#queue.length === 0) return
    const { view, gap } = take(this.view, this.#queue)
    this.#queue = []
    this.view = view
    if (gap) this.#stream.again(this.session)
  }
}
