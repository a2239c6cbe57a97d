// Sessions, turns, questions, exports.

import { Refusal, Reply, route } from '../http.mjs'
import { addHistory } from '../history.mjs'
import { scriptFor } from '../scripts.mjs'
import { MockSession } from '../session.mjs'

export default (world) => {
  addHistory(world)
  const find = (id) => {
    const session = world.sessions.get(id)
    if (!session) throw new Refusal(404, 'not_found', `there is no session ${id}`, 'look at the list of sessions')
    return session
  }
  const begin = (session, body) => {
    const images = (body.images ?? []).map((image) => ({ kind: 'image', ...image }))
    void session.begin([{ kind: 'text', text: body.text }, ...images], scriptFor(body.text))
  }
  return [
    route('GET', '/sessions', ({ query }) => ({
      sessions: [...world.sessions.values()]
        .map((session) => session.card())
        .sort((a, b) => (a.updated < b.updated ? 1 : -1))
        .slice(0, Number(query.limit ?? 50)),
    })),
    route('POST', '/sessions', ({ body }) => {
      const session = new MockSession(world, { ...(body.model ? { model: body.model } : {}), mode: body.mode ?? 'ask' })
      world.sessions.set(session.id, session)
      world.changed('sessions')
      return new Reply(201, session.detail())
    }),
    route('GET', '/sessions/:id', ({ params }) => find(params.id).detail()),
    route('PATCH', '/sessions/:id', ({ params, body }) => {
      const session = find(params.id)
      if (session.running) throw new Refusal(409, 'conflict', 'a turn is running', 'change it when the turn is over')
      if (body.model) session.model = body.model
      if (body.mode) session.mode = body.mode
      return session.detail()
    }),
    route('GET', '/sessions/:id/events', ({ params, query }) => {
      const all = find(params.id).settled()
      const { before = Infinity, after = 0, limit = 500 } = query
      const fitting = all.filter((event) => event.seq < Number(before) && event.seq > Number(after))
      const events = query.after === undefined ? fitting.slice(-Number(limit)) : fitting.slice(0, Number(limit))
      return { events, first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? 0, total: all.length }
    }),
    route('POST', '/sessions/:id/turns', ({ params, body }) => {
      begin(find(params.id), body)
      return new Reply(202, {})
    }),
    route('POST', '/sessions/:id/stop', ({ params }) => {
      find(params.id).stop()
      return new Reply(202, {})
    }),
    route('GET', '/sessions/:id/questions', ({ params }) => ({ questions: find(params.id).openQuestions() })),
    route('GET', '/questions', () => ({ questions: world.questions() })),
    route('POST', '/sessions/:id/questions/:call', ({ params, body }) => ({
      counted: find(params.id).answer(params.call, body.answer, body.fingerprint),
    })),
    route('GET', '/sessions/:id/export', ({ params, query }) => {
      const session = find(params.id)
      const name = `${session.id}.${query.format === 'md' ? 'md' : 'json'}`
      const body = query.format === 'md' ? `# ${session.title}\n` : JSON.stringify(session.journal)
      return new Reply(200, body, { 'Content-Disposition': `attachment; filename="${name}"` })
    }),
  ]
}
