// The axis of time. A question that waited for an hour would make all else too small to be seen, so waits can be shortened.

import type { TraceTurn } from '#src/api/types'

export interface Mark {
  /** In percent of the axis. */
  left: number
  words: string
}

export interface Axis {
  /** Where a moment stands, in percent. */
  at(micros: number): number
  marks: Mark[]
}

/** What a shortened wait keeps, as a part of all the rest. */
const kept = 0.06

/** The axis of a turn; with `shorten` all waits for a person are drawn short. */
export function axisOf(turn: Pick<TraceTurn, 'micros' | 'spans'>, shorten: boolean): Axis {
  const end = Math.max(1, turn.micros)
  const waits = shorten ? waitsOf(turn, end) : []
  const waited = waits.reduce((sum, wait) => sum + wait.to - wait.from, 0)
  const each = Math.max(1, (end - waited) * kept)
  const drawn = (at: number) => {
    let length = at
    for (const wait of waits) {
      const inside = Math.min(Math.max(at - wait.from, 0), wait.to - wait.from)
      const full = wait.to - wait.from
      length += inside * (Math.min(each, full) / full - 1)
    }
    return length
  }
  const all = drawn(end)
  const at = (micros: number) => (100 * drawn(Math.min(Math.max(micros, 0), end))) / all
  // Where waits are shortened the axis is no ruler any more, and says nothing that looks like one.
  const marks = waits.length > 0 ? [] : ticks(end).map((mark) => ({ left: at(mark), words: wordsOf(mark, end) }))
  return { at, marks }
}

/** Round marks for so many microseconds, at most one more than `most`. */
export function ticks(micros: number, most = 6): number[] {
  if (micros <= 0) return [0]
  const rough = micros / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power
  return Array.from({ length: Math.floor(micros / step) + 1 }, (_, i) => i * step)
}

const units: [number, string][] = [
  [60_000_000, 'min'],
  [1_000_000, 's'],
  [1_000, 'ms'],
  [1, 'µs'],
]

/** All marks of an axis have the unit of its end, so that they can be compared. */
function wordsOf(mark: number, end: number): string {
  const [size, unit] = units.find(([one]) => end >= one) ?? [1, 'µs']
  return mark === 0 ? '0' : `${Number((mark / size).toPrecision(3))} ${unit}`
}

/** The waits of a turn, joined where they overlap. */
function waitsOf(turn: Pick<TraceTurn, 'spans'>, end: number): { from: number; to: number }[] {
  const waits = turn.spans
    .filter((span) => span.kind === 'approval' && span.micros > 0)
    .map((span) => ({ from: Math.min(span.start_micros, end), to: Math.min(span.start_micros + span.micros, end) }))
    .sort((a, b) => a.from - b.from)
  const joined: { from: number; to: number }[] = []
  for (const wait of waits) {
    const last = joined.at(-1)
    if (last && wait.from <= last.to) last.to = Math.max(last.to, wait.to)
    else if (wait.to > wait.from) joined.push({ ...wait })
  }
  return joined
}
