// What the page for traces asks: made up, with each thing that a trace can show.

import { Refusal, route } from '../http.mjs'

const ms = 1000

const span = (kind, name, start, micros, more = {}) => ({
  kind, name, start_micros: start * ms, micros: micros * ms, step: null, call: null, outcome: null, usage: null,
  cost_micro_dollars: null, label: null, bytes: 0, effects: 0, refused: 0, answer: null, ...more,
})

const model = (start, micros, step, input, output) =>
  span('model', 'openai/gpt-6', start, micros, { step, usage: { input, output }, cost_micro_dollars: input * 3 + output * 15 })

const tool = (name, start, micros, step, call, more = {}) =>
  span('tool', name, start, micros, { step, call, outcome: 'done', effects: 1, bytes: 1200, label: { privacy: 'internal' }, ...more })

/** A turn that asks, is refused once, and reads the same way again and again. */
function busyTurn(session, turn, started) {
  const call = (n) => `01JDASH${session.slice(-8)}CALL${turn}${String(n).padStart(6, '0')}`
  const spans = [
    model(20, 900, 1, 2400, 90),
    tool('grep', 930, 260, 1, call(1), { bytes: 48_000 }),
    tool('glob', 932, 90, 1, call(2), { bytes: 900 }),
    model(1200, 700, 2, 3900, 60),
  ]
  let at = 1910
  for (let i = 0; i < 5; i++) {
    spans.push(tool('read', at, 14 + i, 3 + i, call(10 + i)), model(at + 20, 300 + 20 * i, 4 + i, 4200 + 300 * i, 40))
    at += 330 + 20 * i
  }
  spans.push(
    tool('write', at, 8400, 8, call(20), { answer: null, bytes: 2300, effects: 2 }),
    span('approval', 'write', at + 12, 8290, { step: 8, call: call(20), answer: 'once' }),
    tool('bash', at + 8410, 640, 8, call(21), { outcome: 'denied', refused: 2, effects: 3, label: { untrusted: ['https://docs.example.com'], privacy: 'private' } }),
    model(at + 9060, 1500, 9, 7100, 420),
  )
  const usage = { input: 31_400, output: 810 }
  return {
    turn, started, micros: (at + 10_580) * ms, reason: 'answered', model: 'openai/gpt-6', usage,
    cost_micro_dollars: usage.input * 3 + usage.output * 15, spans,
    critical: spans.flatMap((one, i) => (one.name === 'glob' || one.kind === 'approval' ? [] : [i])),
  }
}

function shortTurn(turn, started) {
  const spans = [model(10, 1200, 1, 1800, 60), tool('read', 1215, 20, 1, `01JDASHREAD00000000000000${turn}`), model(1240, 800, 2, 2400, 120)]
  return {
    turn, started, micros: 2060 * ms, reason: turn === 1 ? 'answered' : 'interrupted', model: 'demo/tour', usage: { input: 4200, output: 180 },
    cost_micro_dollars: null, spans, critical: [0, 1, 2],
  }
}

export default (world) => [
  route('GET', '/sessions/:id/trace', ({ params }) => {
    const session = world.sessions.get(params.id)
    if (!session) throw new Refusal(404, 'not_found', `there is no session ${params.id}`, 'look at the list of sessions')
    const turns = Array.from({ length: session.turn }, (_, i) => {
      const started = new Date(Date.parse(session.started) + i * 60_000).toISOString()
      return i + 1 === session.turn ? busyTurn(session.id, i + 1, started) : shortTurn(i + 1, started)
    })
    return { turns }
  }),
]
