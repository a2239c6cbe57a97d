// How the time of a turn is shared out. A tool's span has its question's wait inside, and calls run side by side, so
// each moment is given to one kind only: a wait for a person first, then a tool, then the model.

import type { Span, TraceTurn } from '#src/api/types'

export type Kind = Span['kind'] | 'rest'
export type Shares = Record<Kind, number>

export const kinds: Kind[] = ['model', 'tool', 'approval', 'rest']

/** Microseconds of each kind; together they are the turn's time. */
export function sharesOf(turn: Pick<TraceTurn, 'micros' | 'spans'>): Shares {
  const shares: Shares = { model: 0, tool: 0, approval: 0, rest: 0 }
  const running: Record<Span['kind'], number> = { model: 0, tool: 0, approval: 0 }
  const clamp = (at: number) => Math.min(Math.max(at, 0), turn.micros)
  const edges = turn.spans.flatMap((span) => [
    { at: clamp(span.start_micros), kind: span.kind, more: 1 },
    { at: clamp(span.start_micros + span.micros), kind: span.kind, more: -1 },
  ])
  let before = 0
  for (const edge of edges.sort((a, b) => a.at - b.at)) {
    shares[first(running)] += edge.at - before
    before = edge.at
    running[edge.kind] += edge.more
  }
  shares.rest += turn.micros - before
  return shares
}

function first(running: Record<Span['kind'], number>): Kind {
  if (running.approval > 0) return 'approval'
  if (running.tool > 0) return 'tool'
  return running.model > 0 ? 'model' : 'rest'
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
