// A session as a page follows it: the journal of the turns that are over, and the stream of what came since. Pure.

import type { JournalEvent, ServerFrame, StreamEvent } from '#src/api/types'
import type { Cursor } from '#src/api/stream'
import { foldJournal, foldStream } from './fold'
import { nothing, type Folded, type Item } from './items'

export interface View {
  /** Whether the server told what there is. */
  ready: boolean
  epoch: string | null
  /** The last frame of the stream that was taken; 0: none yet. */
  n: number
  /** Whether the session runs in this server; else its journal is followed. */
  held: boolean
  /** The events of the journal that `base` was made of. */
  journal: readonly JournalEvent[]
  /** The last event of the journal that was told; `null` after the stream, which does not count them. */
  last: number | null
  /** How many events the journal has in all, those that were not loaded too. */
  total: number
  /** Items of the journal, and those of the stream and whatever came after. A turn is in one of the two and never in both. */
  base: Folded
  tail: Folded
  problem: string | null
}

export const unread: View = {
  ready: false,
  epoch: null,
  n: 0,
  held: false,
  journal: [],
  last: 0,
  total: 0,
  base: nothing,
  tail: nothing,
  problem: null,
}

/** Takes frames in their order. `gap`: something was missed, and the session must be asked for from the start. */
export function take(view: View, frames: readonly ServerFrame[]): { view: View; gap: boolean } {
  let now = view
  let gap = false
  let events: StreamEvent[] = []
  const settle = () => {
    if (events.length > 0) now = { ...now, last: null, tail: foldStream(now.tail, events) }
    events = []
  }
  for (const frame of frames) {
    if (frame.type === 'event') {
      // Told twice after a reconnect: once is enough.
      if (frame.n <= now.n) continue
      now = { ...now, n: frame.n }
      events.push(frame.event)
    } else if (frame.type === 'reset') {
      events = []
      gap = false
      now = reset(frame)
    } else if (frame.type === 'follow') {
      settle()
      now = { ...now, held: frame.held, epoch: frame.epoch, n: frame.n }
    } else if (frame.type === 'journal') {
      settle()
      const added = addJournal(now, frame.event)
      if (added === null) gap = true
      else now = added
    } else if (frame.type === 'problem') {
      now = { ...now, problem: frame.message }
    }
  }
  settle()
  return { view: now, gap: gap || now.tail.gap }
}

function reset(frame: Extract<ServerFrame, { type: 'reset' }>): View {
  return {
    ...unread,
    ready: true,
    epoch: frame.epoch,
    n: frame.n,
    held: frame.held,
    journal: frame.events,
    last: frame.last,
    total: frame.total,
    base: foldJournal(nothing, frame.events),
  }
}

/** One more event of a session that does not run here; `null` when one before it is missing. */
function addJournal(view: View, event: JournalEvent): View | null {
  if (view.last !== null && event.seq <= view.last) return view
  if (view.last !== null && event.seq !== view.last + 1) return null
  const now = { ...view, last: event.seq, total: Math.max(view.total, event.seq) }
  if (view.tail.items.length > 0) return { ...now, tail: foldJournal(view.tail, [event]) }
  return { ...now, journal: [...view.journal, event], base: foldJournal(view.base, [event]) }
}

/** Puts earlier events of the journal before those that are there. */
export function addEarlier(view: View, events: readonly JournalEvent[]): View {
  const first = view.journal[0]?.seq ?? Infinity
  const earlier = events.filter((event) => event.seq < first)
  if (earlier.length === 0) return view
  const journal = [...earlier, ...view.journal]
  return { ...view, journal, base: foldJournal(nothing, journal) }
}

/** Where the server shall go on after a lost connection; without a feed it shows everything anew. */
export function cursorOf(view: View): Cursor {
  return view.ready && view.epoch !== null ? { epoch: view.epoch, after: view.n } : {}
}

/** All that is shown, in its order. */
export function itemsOf(view: View): readonly Item[] {
  if (view.tail.items.length === 0) return view.base.items
  return [...view.base.items, ...view.tail.items]
}

/** Whether the latest turn has not ended, as far as the events tell. */
export const isRunning = (view: View): boolean => (view.tail.items.length > 0 ? view.tail : view.base).running
