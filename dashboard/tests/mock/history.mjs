// Sessions of earlier days, made by the same scripts without waiting.

import { scriptFor } from './scripts.mjs'
import { MockSession } from './session.mjs'

const hour = 3_600_000

/** Adds finished sessions, one that another process holds, and one that is damaged. */
export function addHistory(world) {
  const now = Date.now()
  const past = [
    ['01JDASH0000000000000000001', 26, ['tour of the notes, please', 'refuse it if you must: what is in ~/.ssh?']],
    ['01JDASH0000000000000000002', 50, ['plain question about the budget of 2027']],
    ['01JDASH0000000000000000003', 2, ['several things at once']],
  ]
  for (const [id, hours, prompts] of past) add(world, id, now - hours * hour, prompts)
  const held = new MockSession(world, { id: '01JDASH0000000000000000004', title: 'Nightly report', time: now - hour / 2 })
  held.holder = 'boxagnts run (process 4711)'
  const torn = new MockSession(world, { id: '01JDASH0000000000000000005', title: 'Old import', time: now - 200 * hour })
  torn.damage = 'event 17 does not fit its digest'
  for (const session of [held, torn]) world.sessions.set(session.id, session)
}

function add(world, id, time, prompts) {
  const session = new MockSession(world, { id, time })
  world.sessions.set(id, session)
  session.pace = 0
  void (async () => {
    for (const prompt of prompts) {
      const turn = session.begin([{ kind: 'text', text: prompt }], scriptFor(prompt))
      const answers = setInterval(() => session.openQuestions().forEach((q) => session.answer(q.call, 'once')), 1)
      await turn
      clearInterval(answers)
    }
    // Then it is long ago.
    session.journal.forEach((event, i) => (event.time = new Date(time + i * 1500).toISOString()))
    session.updated = session.journal.at(-1).time
    Object.assign(session, { epoch: null, frames: [], n: 0 })
    delete session.pace
  })()
}
