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
  /** Whether this server holds the session, or another process. */
  held: boolean
  journal: readonly JournalEvent[]
  /** How many events the journal has in all, those that were not loaded too. */
  total: number
  /** Items of the journal, and of the stream since. A turn is in one of the two and never in both. */
  base: Folded
  tail: Folded
  problem: string | null
}

export const unread: View = {
  ready: false,
  epoch: null,
  n: 0,
  held: true,
  journal: [],
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
    if (events.length > 0) now = { ...now, tail: foldStream(now.tail, events) }
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
    held: frame.held,
    journal: frame.events,
    total: frame.total,
    base: foldJournal(nothing, frame.events),
  }
}

/** One more event of a session that another process works on; `null` when one before it is missing. */
function addJournal(view: View, event: JournalEvent): View | null {
  const last = view.journal.at(-1)?.seq ?? 0
  if (event.seq <= last) return view
  // What came by the stream is in the journal too, and would stand twice.
  if (event.seq !== last + 1 || view.tail.items.length > 0) return null
  return {
    ...view,
    journal: [...view.journal, event],
    total: Math.max(view.total, event.seq),
    base: foldJournal(view.base, [event]),
  }
}

/** Puts earlier events of the journal before those that are there. */
export function addEarlier(view: View, events: readonly JournalEvent[]): View {
  const first = view.journal[0]?.seq ?? Infinity
  const earlier = events.filter((event) => event.seq < first)
  if (earlier.length === 0) return view
  const journal = [...earlier, ...view.journal]
  return { ...view, journal, base: foldJournal(nothing, journal) }
}

/** Where the server shall go on after a lost connection. */
export function cursorOf(view: View): Cursor {
  if (!view.ready || view.epoch === null) return {}
  const last = view.journal.at(-1)?.seq
  return {
    epoch: view.epoch,
    ...(view.n > 0 ? { after: view.n } : {}),
    ...(last === undefined ? {} : { journal_after: last }),
  }
}

/** All that is shown, in its order. */
export function itemsOf(view: View): readonly Item[] {
  if (view.tail.items.length === 0) return view.base.items
  return [...view.base.items, ...view.tail.items]
}

/** Whether a turn is under way, as far as the events tell. */
export const isRunning = (view: View): boolean => view.tail.running || (!view.held && view.base.running)
