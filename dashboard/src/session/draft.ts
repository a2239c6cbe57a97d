// The changes that events of both kinds make. A draft is private to one folding; the items in it are replaced and never
// changed, so that whoever holds an earlier result sees it stay as it was.

import type { Content, Label, Outcome, StopReason, Usage } from '#src/api/types'
import type { CallItem, EffectLine, Folded, Item, TextItem } from './items'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const byteLength = (text: string): number => encoder.encode(text).length

const privacies = ['public', 'internal', 'private']

/** Whether a label is more private than what may be sent at most. */
export function isAbove(label: Label | null, most: string | null): boolean {
  if (most === null) return false
  return privacies.indexOf(label?.privacy ?? 'internal') > privacies.indexOf(most)
}

/** The input of a call: JSON where it is some, else the text as the model wrote it. */
export function parsedInput(input: string): unknown {
  try {
    return JSON.parse(input) as unknown
  } catch {
    return input
  }
}

export class Draft {
  items: Item[]
  turn: number
  running: boolean
  usage: Usage
  waiting: Folded['waiting']
  maxLabel: string | null
  error: string | null
  pending: Record<string, { tool: string; input: unknown }>
  gap: boolean

  constructor(from: Folded) {
    this.items = [...from.items]
    this.turn = from.turn
    this.running = from.running
    this.usage = from.usage
    this.waiting = from.waiting
    this.maxLabel = from.maxLabel
    this.error = from.error
    this.pending = { ...from.pending }
    this.gap = from.gap
  }

  done(): Folded {
    const { items, turn, running, usage, waiting, maxLabel, error, pending, gap } = this
    return { items, turn, running, usage, waiting, maxLabel, error, pending, gap }
  }

  beginTurn(turn: number, said: { prompt: Content[]; model: string; mode: string; time: string | null }): void {
    Object.assign(this, { turn, running: true, usage: { input: 0, output: 0 }, waiting: null, error: null, pending: {} })
    this.items.push({ kind: 'you', key: `${turn}.you`, turn, ...said })
  }

  /** A piece of text at an offset in bytes. What is there already is not added again. */
  text(step: number, offset: number, piece: string): void {
    this.waiting = null
    const key = `${this.turn}.${step}.text`
    const at = this.#find(key)
    const have = at < 0 ? null : (this.items[at] as TextItem)
    const bytes = have?.bytes ?? 0
    if (offset > bytes) {
      this.gap = true
      return
    }
    const fresh = encoder.encode(piece).subarray(bytes - offset)
    if (fresh.length === 0) return
    const item: TextItem = {
      kind: 'text',
      key,
      turn: this.turn,
      step,
      text: (have?.text ?? '') + (offset === bytes ? piece : decoder.decode(fresh)),
      bytes: bytes + fresh.length,
    }
    if (at < 0) this.items.push(item)
    else this.items[at] = item
  }

  thinking(step: number, piece: string): void {
    this.waiting = null
    const key = `${this.turn}.${step}.thinking`
    const at = this.#find(key)
    const have = at < 0 ? null : this.items[at]
    const before = have?.kind === 'thinking' ? have.text : ''
    const item: Item = { kind: 'thinking', key, turn: this.turn, step, text: before + piece }
    if (at < 0) this.items.push(item)
    else this.items[at] = item
  }

  /** The call, made if it was not known yet. */
  call(call: string, known: Partial<Pick<CallItem, 'tool' | 'input'>> = {}): CallItem {
    const at = this.#find(call)
    const found = at < 0 ? null : this.items[at]
    if (found?.kind === 'call') return found
    const asked = this.pending[call]
    delete this.pending[call]
    const item: CallItem = {
      kind: 'call',
      key: call,
      turn: this.turn,
      call,
      tool: known.tool ?? asked?.tool ?? '',
      input: known.input ?? asked?.input ?? null,
      state: 'running',
      question: null,
      answers: [],
      progress: null,
      effects: [],
      outcome: null,
      content: [],
      micros: null,
      label: null,
      withheld: null,
    }
    this.items.push(item)
    return item
  }

  change(call: string, next: Partial<CallItem>): void {
    const item = this.call(call, next)
    const at = this.#find(call)
    if (at >= 0) this.items[at] = { ...item, ...next }
  }

  effect(call: string, line: EffectLine): void {
    this.change(call, { effects: [...this.call(call).effects, line] })
  }

  ask(call: string, effects: string[], flow: string | null): void {
    this.change(call, { state: 'asked', question: { effects, flow } })
  }

  answered(call: string, answer: string): void {
    const item = this.call(call)
    this.change(call, { state: item.outcome === null ? 'running' : 'over', question: null, answers: [...item.answers, answer] })
  }

  finishCall(call: string, end: { tool: string; outcome: Outcome; content: Content[]; micros: number; label: Label | null }): void {
    const withheld = isAbove(end.label, this.maxLabel) ? this.maxLabel : this.call(call, end).withheld
    this.change(call, { ...end, state: 'over', question: null, progress: null, withheld })
  }

  finishTurn(end: { reason: StopReason; usage: Usage; steps: number; error: string | null }): void {
    const { turn } = this
    this.items.push({ kind: 'end', key: `${turn}.end`, turn, ...end, error: end.error ?? this.error })
    Object.assign(this, { running: false, waiting: null, usage: end.usage, error: null, pending: {} })
  }

  note(key: string, words: string, bad: boolean): void {
    this.items.push({ kind: 'note', key, words, bad })
  }

  /** What is looked for is nearly always at the end. */
  #find(key: string): number {
    for (let at = this.items.length - 1; at >= 0; at--) if (this.items[at]?.key === key) return at
    return -1
  }
}
