// What the page for audit asks: a log made from the sessions of the mock, and a verdict that a test can spoil.

import { createHash } from 'node:crypto'
import { Refusal, route } from '../http.mjs'

const sha = (text) => createHash('sha256').update(text).digest('hex')
const bulk = sha('list of a grep')

/** Receipts of a session's journal, as the door would have written them. */
function receiptsOf(session) {
  const tools = new Map(session.journal.filter((e) => e.type === 'call.decided').map((e) => [e.call, e.body.tool]))
  return session.journal.flatMap((event) => {
    const base = { time: event.time, session: session.id, run: event.id, agent: 'main', call: event.call }
    const tool = tools.get(event.call)
    if (event.type === 'effect') return [{ ...base, type: 'effect', body: { tool, ...event.body } }]
    if (event.type === 'approval.resolved') return [{ ...base, type: 'answer', body: { tool, answer: event.body.answer, by: 'ada', effects: ['fs.write:/workspace/summary.md'] } }]
    if (event.type === 'approval.requested') return [{ ...base, type: 'call.intended', body: { tool, fingerprint: event.body.fingerprint } }]
    return []
  })
}

function log(world) {
  const first = { time: new Date(Date.now() - 90 * 3_600_000).toISOString(), type: 'journal.began', body: {} }
  const grep = {
    time: new Date(Date.now() - 89 * 3_600_000).toISOString(), session: '01JDASH0000000000000000001', run: '01JDASHRUN0000000000000001', agent: 'main',
    call: '01JDASHCALL000000000000001', type: 'effect',
    body: { tool: 'grep', effect: 'fs.read:/workspace', decision: 'allowed', rule: 'allow fs.read:/workspace (built-in defaults)', count: 38_700, bytes: 561_000_000, touched: { paths: [], listed: 10_000, further: 28_700, digest: bulk }, label: { privacy: 'internal' } },
  }
  const lost = { ...grep, call: '01JDASHCALL000000000000002', type: 'call.lost', body: { tool: 'bash' } }
  const rest = [...world.sessions.values()].flatMap(receiptsOf).sort((a, b) => (a.time < b.time ? -1 : 1))
  return [first, grep, lost, ...rest, ...(world.moreReceipts ?? [])].map((receipt, i) => ({ seq: i + 1, prev: i ? sha(String(i)) : '0'.repeat(64), ...receipt }))
}

export default (world) => {
  world.verdict = { bad: null, problems: [], remarks: [] }
  return [
    route('GET', '/audit', ({ query }) => {
      const fitting = log(world)
        .filter((one) => (!query.session || one.session === query.session) && (query.refused !== 'true' || one.body?.decision === 'refused'))
        .filter((one) => one.seq < Number(query.before ?? Infinity))
      const limit = Number(query.limit ?? 200)
      return { receipts: fitting.slice(-limit).reverse(), more: fitting.length > limit }
    }),
    route('GET', '/audit/touched/:digest', ({ params }) => {
      if (params.digest !== bulk) throw new Refusal(404, 'not_found', 'there is no such list')
      return { lines: [...Array.from({ length: 40 }, (_, i) => `/workspace/src/file-${i}.md`), '# 28700 further names have no room here'] }
    }),
    route('POST', '/audit/verify', () => {
      const records = log(world).length
      const { bad, problems, remarks } = world.verdict
      return {
        intact: bad === null && problems.length === 0, journal: '01JDASHJOURNAL000000000000', key: sha('key'),
        records, covered: Math.max(0, records - 1), checkpoints: 4, bad, problems, remarks,
      }
    }),
  ]
}
