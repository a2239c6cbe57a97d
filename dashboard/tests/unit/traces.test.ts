import { describe, expect, it } from 'vitest'
import type { Span } from '#src/api/types'
import { axisOf, ticks } from '#src/pages/traces/axis'
import { foldRepeats, rowsOf } from '#src/pages/traces/rows'
import { sharesOf } from '#src/pages/traces/shares'

const span = (kind: Span['kind'], name: string, start: number, micros: number, more: Partial<Span> = {}): Span => ({
  kind, name, start_micros: start, micros, step: null, call: null, outcome: kind === 'tool' ? 'done' : null, usage: null,
  cost_micro_dollars: null, label: null, bytes: 0, effects: 0, refused: 0, answer: null, ...more,
})

describe('shares of a turn', () => {
  it('give the wait for a person to nobody else', () => {
    const spans = [span('model', 'm', 0, 100), span('tool', 'write', 100, 500, { call: 'c' }), span('approval', 'write', 120, 400, { call: 'c' })]
    expect(sharesOf({ micros: 700, spans })).toEqual({ model: 100, tool: 100, approval: 400, rest: 100 })
  })

  it('count calls that run side by side once', () => {
    const spans = [span('tool', 'a', 0, 100), span('tool', 'b', 50, 100)]
    expect(sharesOf({ micros: 150, spans })).toEqual({ model: 0, tool: 150, approval: 0, rest: 0 })
  })

  it('of ten thousand spans are found at once', () => {
    const spans = Array.from({ length: 10_000 }, (_, i) => span(i % 2 ? 'tool' : 'model', 'x', i * 10, 10, { call: `c${i}` }))
    const before = performance.now()
    expect(sharesOf({ micros: 100_000, spans })).toEqual({ model: 50_000, tool: 50_000, approval: 0, rest: 0 })
    expect(foldRepeats(rowsOf(spans, []))).toHaveLength(1)
    expect(performance.now() - before).toBeLessThan(1_000)
  })

  it('add up to the turn even when a span reaches beyond it', () => {
    const shares = sharesOf({ micros: 80, spans: [span('model', 'm', 20, 900)] })
    expect(shares).toEqual({ model: 60, tool: 0, approval: 0, rest: 20 })
  })
})

describe('rows of a waterfall', () => {
  it('put a question into the row of its call', () => {
    const rows = rowsOf([span('tool', 'write', 0, 9, { call: 'c' }), span('approval', 'write', 1, 7, { call: 'c' })], [1])
    expect(rows).toHaveLength(1)
    expect(rows[0]?.waits).toHaveLength(1)
    expect(rows[0]?.critical).toBe(true)
  })

  it('show a question without a call by itself', () => {
    expect(rowsOf([span('approval', 'write', 1, 7)], [])).toHaveLength(1)
  })

  it('fold the same tool in a row from three on', () => {
    const reads = (n: number) => rowsOf(Array.from({ length: n }, (_, i) => span('tool', 'read', i * 10, 5, { call: `c${i}` })), [])
    expect(foldRepeats(reads(2)).map((row) => row.kind)).toEqual(['span', 'span'])
    expect(foldRepeats(reads(3))).toMatchObject([{ kind: 'group', unit: ['read'], times: 3 }])
  })

  it('fold a model and a tool in turn', () => {
    const spans = [0, 1, 2, 3].flatMap((i) => [span('model', 'm', i * 10, 5), span('tool', 'read', i * 10 + 5, 5, { call: `c${i}` })])
    expect(foldRepeats(rowsOf(spans, []))).toMatchObject([{ kind: 'group', unit: ['m', 'read'], times: 4 }])
  })

  it('never hide a refusal or a failure in a fold', () => {
    const spans = [0, 1, 2, 3].map((i) => span('tool', 'read', i * 10, 5, { call: `c${i}`, refused: i === 2 ? 1 : 0 }))
    expect(foldRepeats(rowsOf(spans, [])).some((row) => row.kind === 'span' && row.span.refused === 1)).toBe(true)
  })

  it('lose no row, whatever repeats', () => {
    const names = ['a', 'a', 'a', 'b', 'a', 'b', 'a', 'b', 'c', 'c', 'c', 'c', 'a']
    const rows = rowsOf(names.map((name, i) => span(name === 'b' ? 'model' : 'tool', name, i, 1, { call: `c${i}` })), [])
    const flat = foldRepeats(rows).flatMap((row) => (row.kind === 'group' ? row.rows : [row]))
    expect(flat.map((row) => row.index)).toEqual(names.map((_, i) => i))
  })
})

describe('the axis', () => {
  it('has round marks in one unit', () => {
    expect(ticks(14_000_000)).toEqual([0, 5_000_000, 10_000_000])
    expect(ticks(0)).toEqual([0])
    expect(ticks(7).length).toBeLessThanOrEqual(7)
    expect(axisOf({ micros: 2_100_000, spans: [] }, false).marks.map((mark) => mark.words)).toEqual(['0', '0.5 s', '1 s', '1.5 s', '2 s'])
  })

  it('keeps the order of all moments where waits are drawn short', () => {
    const spans = [span('approval', 'w', 100, 900), span('approval', 'w', 500, 900), span('model', 'm', 1500, 100)]
    const axis = axisOf({ micros: 1600, spans }, true)
    const drawn = [0, 50, 100, 400, 1400, 1500, 1600].map((at) => axis.at(at))
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b))
    expect([drawn[0], drawn.at(-1)]).toEqual([0, 100])
    // The model's reply, a sixteenth of the time, is most of what is drawn beside the first piece.
    expect(axis.at(1600) - axis.at(1500)).toBeGreaterThan(25)
    expect(axis.at(1400) - axis.at(100)).toBeLessThan(10)
    expect(axis.marks).toEqual([])
  })

  it('is a ruler as long as nothing is shortened', () => {
    const axis = axisOf({ micros: 1000, spans: [span('approval', 'w', 100, 900)] }, false)
    expect([axis.at(0), axis.at(500), axis.at(5000)]).toEqual([0, 50, 100])
  })
})
