// A long session: as many events of the journal as are asked for, in turns of seven.

import { MockSession } from './session.mjs'
import { ulid } from './world.mjs'

export function bigSession(world, events, id = '01JDASHB1G0000000000000000') {
  const session = new MockSession(world, { id, title: `A session of ${events} events`, time: Date.now() - 9_000_000 })
  for (let turn = 1; session.journal.length + 7 <= events; turn++) {
    session.turn = turn
    const call = ulid()
    const at = { call, step: 1 }
    const path = `notes/day-${turn}.md`
    session.write('turn.started', { prompt: [{ kind: 'text', text: `What stands in ${path}?` }], model: 'demo/tour', mode: 'ask', tools: ['read'] })
    session.write('message', { text: 'I look.', calls: [{ id: call, model_id: 'c', tool: 'read', input: JSON.stringify({ path }) }], usage: { input: 900, output: 30 }, label: {} }, { step: 1 })
    session.write('call.decided', { tool: 'read', verdict: 'allow', lines: [] }, at)
    session.write('effect', { effect: `fs.read:/workspace/${path}`, decision: 'allowed', rule: 'allow fs.read:/workspace (built-in defaults)', count: 1, bytes: 80 }, at)
    session.write('call.finished', { tool: 'read', outcome: 'done', content: [{ kind: 'text', text: `1\t# Day ${turn}\n` }], truncated: false, micros: 400, label: {} }, at)
    session.write('message', { text: `In \`${path}\` stands **day ${turn}**:\n\n* one thing\n* another thing\n\n\`\`\`text\nline of ${turn}\n\`\`\`\n`, calls: [], usage: { input: 990, output: 60 }, label: {} }, { step: 2 })
    session.write('turn.finished', { reason: 'answered', text: '', usage: { input: 1890, output: 90 }, steps: 2 })
  }
  world.sessions.set(id, session)
  return session
}
