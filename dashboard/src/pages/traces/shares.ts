// How the time of a turn is shared out. A tool's span has its question's wait inside, and calls run side by side, so
// each moment is given to one kind only: a wait for a person first, then a tool, then the model.

import type { Span, TraceTurn } from '#src/api/types'

export type Kind = Span['kind'] | 'rest'
export type Shares = Record<Kind, number>

export const kinds: Kind[] = ['model', 'tool', 'approval', 'rest']

/** Microseconds of each kind; together they are the turn's time. */
export function sharesOf(turn: Pick<TraceTurn, 'micros' | 'spans'>): Shares {
  const shares: Shares = { model: 0, tool: 0, approval: 0, rest: 0 }
  const edges = new Set([0, turn.micros])
  for (const span of turn.spans) {
    edges.add(clamp(span.start_micros, turn.micros))
    edges.add(clamp(span.start_micros + span.micros, turn.micros))
  }
  const moments = [...edges].sort((a, b) => a - b)
  for (let i = 0; i + 1 < moments.length; i++) {
    const from = moments[i]!
    const to = moments[i + 1]!
    shares[kindAt(turn.spans, from, to)] += to - from
  }
  return shares
}

const clamp = (at: number, end: number) => Math.min(Math.max(at, 0), end)

function kindAt(spans: Span[], from: number, to: number): Kind {
  const running = (kind: Span['kind']) =>
    spans.some((span) => span.kind === kind && span.start_micros <= from && span.start_micros + span.micros >= to)
  if (running('approval')) return 'approval'
  if (running('tool')) return 'tool'
  return running('model') ? 'model' : 'rest'
}

/** Shares of several turns together. */
export function sumOf(turns: TraceTurn[]): Shares {
  const sum: Shares = { model: 0, tool: 0, approval: 0, rest: 0 }
  for (const turn of turns) {
    const shares = sharesOf(turn)
    for (const kind of kinds) sum[kind] += shares[kind]
  }
  return sum
}
