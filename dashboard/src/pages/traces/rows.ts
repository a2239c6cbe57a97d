// The rows of a waterfall: one for each reply of the model and each call; a question stands inside the row of its call.
// What repeats is folded into one row that can be opened.

import type { Span } from '#src/api/types'

export interface SpanRow {
  kind: 'span'
  /** Its place in the turn's list of spans; what the critical path is written in. */
  index: number
  span: Span
  /** Waits for a person inside it. */
  waits: Span[]
  critical: boolean
}

export interface GroupRow {
  kind: 'group'
  /** The index of its first row. */
  index: number
  /** What repeats: `['read']`, or `['gpt', 'read']` for a model and a tool in turn. */
  unit: string[]
  times: number
  rows: SpanRow[]
  critical: boolean
}

export type Row = SpanRow | GroupRow

/** Fewer repetitions are not worth a fold. */
const fewest = 3

/** One row for each span that is not a question inside a call. */
export function rowsOf(spans: Span[], critical: number[]): SpanRow[] {
  const onPath = new Set(critical)
  const calls = new Set(spans.flatMap((span) => (span.kind === 'tool' && span.call ? [span.call] : [])))
  const waits = new Map<string, { span: Span; index: number }[]>()
  spans.forEach((span, index) => {
    if (span.kind !== 'approval' || !span.call || !calls.has(span.call)) return
    waits.set(span.call, [...(waits.get(span.call) ?? []), { span, index }])
  })
  return spans.flatMap((span, index): SpanRow[] => {
    if (span.kind === 'approval' && span.call && calls.has(span.call)) return []
    const inside = (span.kind === 'tool' && span.call ? waits.get(span.call) : null) ?? []
    const critical = onPath.has(index) || inside.some((wait) => onPath.has(wait.index))
    return [{ kind: 'span', index, span, waits: inside.map((wait) => wait.span), critical }]
  })
}

/** Folds the same tool in a row, and the same pair of model and tool in a row. */
export function foldRepeats(rows: SpanRow[]): Row[] {
  const folded: Row[] = []
  let at = 0
  while (at < rows.length) {
    const fold = [1, 2].map((length) => repeatAt(rows, at, length)).sort((a, b) => b.length - a.length)[0]
    if (fold && fold.length > 0) {
      const unit = rows.slice(at, at + fold.unit).map((row) => row.span.name)
      const inside = rows.slice(at, at + fold.length)
      folded.push({
        kind: 'group',
        index: rows[at]!.index,
        unit,
        times: inside.length / fold.unit,
        rows: inside,
        critical: inside.some((row) => row.critical),
      })
      at += fold.length
    } else {
      folded.push(rows[at]!)
      at += 1
    }
  }
  return folded
}

/** How many rows from `at` on repeat the first `unit` of them; 0 when it is too few, or nothing that may be folded. */
function repeatAt(rows: SpanRow[], at: number, unit: number): { unit: number; length: number } {
  const first = rows.slice(at, at + unit)
  const none = { unit, length: 0 }
  if (first.length < unit || !first.some((row) => row.span.kind === 'tool')) return none
  let length = unit
  while (rows.slice(at + length, at + length + unit).every((row, i) => same(row, first[i]!)) && at + length + unit <= rows.length) {
    length += unit
  }
  return length >= unit * fewest ? { unit, length } : none
}

// What was refused or went wrong must be seen, so it never hides in a fold.
function same(a: SpanRow, b: SpanRow): boolean {
  return a.span.kind === b.span.kind && a.span.name === b.span.name && plainEnd(a) && plainEnd(b)
}

function plainEnd(row: SpanRow): boolean {
  return row.span.refused === 0 && row.waits.length === 0 && (row.span.outcome === null || row.span.outcome === 'done')
}
