// Two readers of one history: the journal's events and the stream's. Pure; a type that is not known is passed over.

import type { Content, JournalEvent, Label, Outcome, StopReason, StreamEvent, Usage } from '#src/api/types'
import { byteLength, Draft, parsedInput } from './draft'
import { nothing, type Folded } from './items'

/** Adds events of the stream. */
export function foldStream(from: Folded, events: readonly StreamEvent[]): Folded {
  if (events.length === 0) return from
  const draft = new Draft(from)
  for (const event of events) streamEvent(draft, event)
  return draft.done()
}

function streamEvent(draft: Draft, event: StreamEvent): void {
  switch (event.type) {
    case 'turn.started':
      return draft.beginTurn(event.turn, { prompt: event.prompt ?? [], model: '', mode: '', time: null })
    case 'model.waiting':
      draft.waiting = { why: event.why, seconds: event.seconds }
      return
    case 'text.delta':
      return draft.text(event.message, event.offset, event.text)
    case 'thinking.delta':
      return draft.thinking(event.message, event.text)
    case 'call.started':
      draft.call(event.call, { tool: event.tool, input: event.input })
      return
    case 'call.progress':
      return draft.change(event.call, { progress: { text: event.text, fraction: event.fraction ?? null } })
    case 'approval.requested':
      draft.call(event.call, { tool: event.tool })
      return draft.ask(event.call, event.effects, event.flow ?? null)
    case 'approval.resolved':
      return draft.answered(event.call, event.answer)
    case 'effect':
      return draft.effect(event.call, { effect: event.effect, decision: event.decision, rule: event.rule, count: event.count })
    case 'call.finished':
      return draft.finishCall(event.call, {
        tool: event.tool, outcome: event.outcome, content: event.content, micros: event.micros, label: event.label,
      })
    case 'content.withheld':
      return draft.change(event.call, { withheld: event.max_label })
    case 'usage':
      draft.usage = event.usage
      return
    case 'turn.finished':
      return draft.finishTurn({ reason: event.reason, usage: event.usage, steps: event.steps, error: null })
    case 'error':
      if (draft.running) draft.error = event.message
      else draft.note(`error.${draft.items.length}`, event.message, true)
      return
  }
}

/** Adds events of the journal. */
export function foldJournal(from: Folded, events: readonly JournalEvent[]): Folded {
  if (events.length === 0) return from
  const draft = new Draft(from)
  for (const event of events) journalEvent(draft, event)
  return draft.done()
}

// A journal may be of an older version of the product, or of none: what its bodies lack is empty here and stops nothing.
type Body = Record<string, unknown>
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const list = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : [])
const usage = (value: unknown): Usage => ({ ...nothing.usage, ...(value as Usage | undefined) })

function journalEvent(draft: Draft, event: JournalEvent): void {
  const body = (event.body ?? {}) as Body
  const call = event.call ?? ''
  // A page of history may begin in the middle of a turn.
  if (event.type !== 'turn.started' && event.turn !== undefined && draft.turn < event.turn) draft.turn = event.turn
  switch (event.type) {
    case 'turn.started': {
      draft.maxLabel = words(body['max_label']) || null
      const prompt = list<Content>(body['prompt'])
      return draft.beginTurn(event.turn ?? draft.turn + 1, {
        prompt, model: words(body['model']), mode: words(body['mode']), time: event.time,
      })
    }
    case 'message':
      return message(draft, event, body)
    case 'call.decided':
      draft.call(call, { tool: words(body['tool']) })
      return
    case 'approval.requested':
      return draft.ask(call, list<string>(body['effects']), words(body['flow']) || null)
    case 'approval.resolved':
      return draft.answered(call, words(body['answer']))
    case 'effect':
      return draft.effect(call, {
        effect: words(body['effect']),
        decision: body['decision'] === 'refused' ? 'refused' : 'allowed',
        rule: words(body['rule']),
        count: number(body['count']) || 1,
      })
    case 'call.finished':
      return draft.finishCall(call, {
        tool: words(body['tool']),
        outcome: (words(body['outcome']) || 'unknown') as Outcome,
        content: list<Content>(body['content']),
        micros: number(body['micros']),
        label: (body['label'] as Label | undefined) ?? null,
      })
    case 'turn.finished':
      return draft.finishTurn({
        reason: words(body['reason']) as StopReason,
        usage: usage(body['usage']),
        steps: number(body['steps']),
        error: words(body['error']) || null,
      })
  }
}

function message(draft: Draft, event: JournalEvent, body: Body): void {
  const text = words(body['text'])
  const step = event.step ?? 0
  if (text !== '') {
    const item = { key: `${draft.turn}.${step}.text`, turn: draft.turn, step }
    draft.items.push({ kind: 'text', ...item, text, bytes: byteLength(text) })
  }
  const said = usage(body['usage'])
  draft.usage = { ...draft.usage, input: draft.usage.input + said.input, output: draft.usage.output + said.output }
  draft.pending = {}
  for (const asked of list<{ id: string; tool: string; input: string }>(body['calls'])) {
    draft.pending[asked.id] = { tool: asked.tool, input: parsedInput(asked.input) }
  }
}
