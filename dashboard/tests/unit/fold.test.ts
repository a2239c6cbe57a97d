import { describe, expect, it } from 'vitest'
import type { JournalEvent, ServerFrame, StreamEvent } from '#src/api/types'
import { foldJournal, foldStream } from '#src/session/fold'
import { nothing, type Item } from '#src/session/items'
import { addEarlier, cursorOf, itemsOf, take, unread } from '#src/session/view'
import { MockSession } from '../mock/session.mjs'
import { scriptFor } from '../mock/scripts.mjs'
import { World } from '../mock/world.mjs'

/** A session that the scripts of the mock played: its journal and its stream. */
async function played(prompt: string, answer = 'once') {
  const world = new World()
  Object.assign(world, { pace: 0, status: { default_model: 'demo/tour' } })
  const session = new MockSession(world)
  const turn = session.begin([{ kind: 'text', text: prompt }], scriptFor(prompt))
  const answers = setInterval(() => session.openQuestions().forEach((q) => session.answer(q.call, answer)), 1)
  await turn
  clearInterval(answers)
  return {
    journal: session.journal as JournalEvent[],
    stream: (session.frames as { event: StreamEvent }[]).map((frame) => frame.event),
    frames: session.frames as { n: number; event: StreamEvent }[],
  }
}

/** What both tell: reasoning is in the stream alone, and time and model of a prompt are in the journal alone. */
const told = (items: readonly Item[]) =>
  items
    .filter((item) => item.kind !== 'thinking')
    .map((item) => (item.kind === 'you' ? { ...item, time: null, model: '', mode: '' } : item))

const frame = (n: number, event: StreamEvent): ServerFrame => ({ type: 'event', session: 's', n, event })
const delta = (offset: number, text: string): StreamEvent => ({ type: 'text.delta', message: 1, offset, text })
const begin: StreamEvent = { type: 'turn.started', turn: 1, run: 'r', prompt: [] }
const textOf = (items: readonly Item[]) => items.flatMap((item) => (item.kind === 'text' ? [item.text] : [])).join('|')
const resetWith = (events: JournalEvent[], more = {}): ServerFrame => ({
  type: 'reset', session: 's', epoch: 'e1', held: true, n: 0, events,
  first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? 0, total: events.length, ...more,
})

describe('journal and stream', () => {
  for (const prompt of ['tour', 'plain', 'refuse', 'several', 'fail', 'picture']) {
    for (const answer of ['once', 'no']) {
      it(`give the same items: ${prompt}, answered ${answer}`, async () => {
        const { journal, stream } = await played(prompt, answer)
        const fromStream = told(foldStream(nothing, stream).items)
        expect(fromStream.length).toBeGreaterThan(1)
        expect(told(foldJournal(nothing, journal).items)).toEqual(fromStream)
      })
    }
  }

  it('give the same items when they come one by one', async () => {
    const { journal, stream } = await played('several')
    const one = stream.reduce((folded, event) => foldStream(folded, [event]), nothing)
    expect(one.items).toEqual(foldStream(nothing, stream).items)
    const other = journal.reduce((folded, event) => foldJournal(folded, [event]), nothing)
    expect(told(other.items)).toEqual(told(one.items))
  })

  it('never change what was folded before', async () => {
    const { stream } = await played('tour')
    const half = foldStream(nothing, stream.slice(0, 12))
    const copy = structuredClone(half)
    foldStream(half, stream.slice(12))
    expect(half).toEqual(copy)
    expect(nothing.items).toEqual([])
  })
})

describe('a call', () => {
  it('shows the question while it waits and no longer', async () => {
    const { stream } = await played('tour')
    const asked = stream.findIndex((event) => event.type === 'approval.requested')
    const call = (until: number) => foldStream(nothing, stream.slice(0, until)).items.findLast((item) => item.kind === 'call')
    expect(call(asked + 1)).toMatchObject({ state: 'asked', question: { effects: ['fs.write:/workspace/summary.md'] } })
    expect(call(asked + 2)).toMatchObject({ state: 'running', question: null, answers: ['once'] })
  })

  it('that was not begun has its result all the same', () => {
    const end: StreamEvent = { type: 'call.finished', call: 'c', tool: 'read', outcome: 'cancelled', content: [], micros: 0, label: {} }
    const { items } = foldStream(nothing, [begin, end])
    expect(items[1]).toMatchObject({ kind: 'call', tool: 'read', outcome: 'cancelled', state: 'over' })
  })

  it('whose result is above what the model may read is marked by both readers', () => {
    const label = { privacy: 'private' as const }
    const end = { tool: 'read', outcome: 'done' as const, content: [], micros: 1, label }
    const stream = foldStream(nothing, [
      begin,
      { type: 'call.started', call: 'c', tool: 'read', input: null },
      { type: 'call.finished', call: 'c', ...end },
      { type: 'content.withheld', call: 'c', label, max_label: 'internal' },
    ])
    const event = (seq: number, type: string, body: unknown, more = {}): JournalEvent =>
      ({ v: 1, seq, id: '', time: '', session: 's', turn: 1, type, body, ...more })
    const journal = foldJournal(nothing, [
      event(1, 'turn.started', { prompt: [], model: 'm', mode: 'ask', tools: [], max_label: 'internal' }),
      event(2, 'call.finished', end, { call: 'c' }),
    ])
    expect(stream.items[1]).toMatchObject({ withheld: 'internal' })
    expect(journal.items[1]).toMatchObject({ withheld: 'internal' })
  })
})

describe('text', () => {
  it('is joined by offsets in bytes, not in letters', () => {
    const { items, gap } = foldStream(nothing, [begin, delta(0, 'käse 🧀'), delta(10, ' 東京'), delta(17, '!')])
    expect([textOf(items), gap]).toEqual(['käse 🧀 東京!', false])
  })

  it('that was told already is not told again', () => {
    const twice = [begin, delta(0, 'käse '), delta(0, 'käse 🧀'), delta(6, '🧀 und'), delta(6, '🧀')]
    expect(textOf(foldStream(nothing, twice).items)).toBe('käse 🧀 und')
  })

  it('with a hole is not joined, and says so', () => {
    const { items, gap } = foldStream(nothing, [begin, delta(0, 'one '), delta(9, 'three')])
    expect([textOf(items), gap]).toEqual(['one ', true])
  })
})

describe('a reconnect', () => {
  it('at any point loses nothing and doubles nothing', async () => {
    const { frames } = await played('tour')
    const whole = take(unread, [resetWith([]), ...frames.map((f) => frame(f.n, f.event))]).view
    for (let cut = 0; cut <= frames.length; cut++) {
      const before = take(unread, [resetWith([]), ...frames.slice(0, cut).map((f) => frame(f.n, f.event))]).view
      const after = cursorOf(before).after ?? 0
      // The server may tell a few again.
      const rest = frames.filter((f) => f.n > after - 3).map((f) => frame(f.n, f.event))
      expect(itemsOf(take(before, rest).view)).toEqual(itemsOf(whole))
    }
  })

  it('takes a coalesced text, after which the count jumps', () => {
    const view = take(unread, [resetWith([]), frame(1, begin), frame(2, delta(0, 'a')), frame(9, delta(1, 'bcdefgh'))])
    expect([textOf(itemsOf(view.view)), view.gap, cursorOf(view.view).after]).toEqual(['abcdefgh', false, 9])
  })

  it('to a server that was started anew replaces everything', async () => {
    const { journal, frames } = await played('tour')
    const before = take(unread, [resetWith([]), ...frames.slice(0, 9).map((f) => frame(f.n, f.event))]).view
    const { view } = take(before, [resetWith(journal, { epoch: 'e2' })])
    expect(told(itemsOf(view))).toEqual(told(foldJournal(nothing, journal).items))
    expect(cursorOf(view)).toEqual({ epoch: 'e2', after: 0 })
  })

  it('asks from the start after a hole', () => {
    const seen = take(unread, [resetWith([]), frame(1, begin), frame(5, delta(4, 'late'))])
    expect(seen.gap).toBe(true)
    expect(take(seen.view, [resetWith([])]).gap).toBe(false)
  })
})

describe('a session of another process', () => {
  const elsewhere = { held: false, epoch: null }
  const journalFrame = (event: JournalEvent): ServerFrame => ({ type: 'journal', session: 's', event })

  it('is followed by its journal, each event once', async () => {
    const { journal } = await played('several')
    const start = take(unread, [resetWith(journal.slice(0, 5), elsewhere)]).view
    const { view, gap } = take(start, journal.slice(3).map(journalFrame))
    expect([told(itemsOf(view)), gap]).toEqual([told(foldJournal(nothing, journal).items), false])
  })

  it('is asked for anew when an event is missing', async () => {
    const { journal } = await played('plain')
    const start = take(unread, [resetWith(journal.slice(0, 1), elsewhere)]).view
    expect(take(start, [journalFrame(journal[2] as JournalEvent)]).gap).toBe(true)
  })

  it('that comes here and goes again is shown whole, and in its order', async () => {
    const [before, here, after] = [await played('plain'), await played('tour'), await played('refuse')]
    const shift = (events: JournalEvent[], seq: number, turn: number) =>
      events.map((event) => ({ ...event, seq: event.seq + seq, ...(event.turn ? { turn: turn } : {}) }))
    const asTurn2 = here.frames.map(({ n, event }) => frame(n, 'turn' in event ? { ...event, turn: 2 } : event))
    const { view, gap } = take(unread, [
      resetWith(before.journal, elsewhere),
      { type: 'follow', session: 's', held: true, epoch: 'f', n: 0 },
      ...asTurn2,
      { type: 'follow', session: 's', held: false, epoch: null, n: 0 },
      ...shift(after.journal.slice(1), 500, 3).map(journalFrame),
    ])
    const turns = itemsOf(view).flatMap((item) => (item.kind === 'you' || item.kind === 'end' ? [`${item.turn}${item.kind}`] : []))
    expect([turns, gap]).toEqual([['1you', '1end', '2you', '2end', '3you', '3end'], false])
    expect(cursorOf(view)).toEqual({})
    expect(view.held).toBe(false)
  })

  it('counts the next feed from its own beginning', () => {
    const follow = (epoch: string, n: number): ServerFrame => ({ type: 'follow', session: 's', held: true, epoch, n })
    const first = take(unread, [resetWith([], elsewhere), follow('f', 40), frame(41, begin), frame(42, delta(0, 'one'))]).view
    const { view } = take(first, [follow('g', 0), frame(1, { ...begin, turn: 2 } as StreamEvent), frame(2, delta(0, 'two'))])
    expect([textOf(itemsOf(view)), cursorOf(view)]).toEqual(['one|two', { epoch: 'g', after: 2 }])
  })
})

it('earlier pages give the same as all at once', async () => {
  const { journal } = await played('several')
  for (let cut = 1; cut < journal.length; cut++) {
    const late = take(unread, [resetWith(journal.slice(cut))]).view
    expect(itemsOf(addEarlier(late, journal.slice(0, cut)))).toEqual(foldJournal(nothing, journal).items)
  }
})

it('a journal of nonsense stops nothing', () => {
  const types = ['session.started', 'turn.started', 'message', 'call.decided', 'approval.requested', 'effect', 'call.finished', 'turn.finished', 'who.knows']
  const bodies = [null, undefined, {}, [], 'x', 7, { prompt: 1, calls: 'x', usage: null, content: {}, effects: 3, text: {} }]
  const events = types.flatMap((type, i) =>
    bodies.map((body, j): JournalEvent => ({ v: 9, seq: i * 9 + j, id: '', time: '', session: 's', type, body })),
  )
  expect(() => foldJournal(nothing, events)).not.toThrow()
})
