// What the chat shows, item by item. The same items come out of the journal and out of the stream; what only one of the two
// knows (reasoning, the time of day) is marked.

import type { Content, Label, Outcome, StopReason, Usage } from '#src/api/types'

/** What the person said. */
export interface YouItem {
  kind: 'you'
  key: string
  turn: number
  prompt: Content[]
  model: string
  mode: string
  /** From the journal only. */
  time: string | null
}

/** What the model said in one message. */
export interface TextItem {
  kind: 'text'
  key: string
  turn: number
  step: number
  text: string
  /** Length in bytes of UTF-8, by which the stream counts its offsets. */
  bytes: number
}

/** The model's reasoning, which no journal keeps. */
export interface ThinkingItem {
  kind: 'thinking'
  key: string
  turn: number
  step: number
  text: string
}

/** A decision of the law about a call. */
export interface EffectLine {
  effect: string
  decision: 'allowed' | 'refused'
  rule: string
  count: number
}

/** One call, from its arrival to its result. */
export interface CallItem {
  kind: 'call'
  key: string
  turn: number
  call: string
  tool: string
  input: unknown
  /** `asked`: a person is asked; `running`: it arrived and is not over. */
  state: 'running' | 'asked' | 'over'
  /** What a person is asked at this moment. */
  question: { effects: string[]; flow: string | null } | null
  /** The answers so far, as `approval.resolved` names them. */
  answers: string[]
  progress: { text: string; fraction: number | null } | null
  effects: EffectLine[]
  outcome: Outcome | null
  content: Content[]
  micros: number | null
  label: Label | null
  /** What the model may be sent at most, where the result was kept from it. */
  withheld: string | null
}

/** How a turn ended. */
export interface EndItem {
  kind: 'end'
  key: string
  turn: number
  reason: StopReason
  error: string | null
  usage: Usage
  steps: number
}

/** Something that went wrong outside of a turn, or a word about the session itself. */
export interface NoteItem {
  kind: 'note'
  key: string
  bad: boolean
  words: string
}

export type Item = YouItem | TextItem | ThinkingItem | CallItem | EndItem | NoteItem

/** The model's server was asked again and has not answered yet. Shown at the end, gone with the next word. */
export interface Waiting {
  why: string
  seconds: number
}

/** What events add up to. Never changed in place. */
export interface Folded {
  items: readonly Item[]
  /** The latest turn; 0 before the first. */
  turn: number
  /** Whether it is under way. */
  running: boolean
  /** Tokens of the turn so far. */
  usage: Usage
  waiting: Waiting | null
  /** What the model may be sent at most in this turn. */
  maxLabel: string | null
  /** The error told in this turn; its end takes it along. */
  error: string | null
  /** Calls of the latest message that were not begun yet, by id. */
  pending: Readonly<Record<string, { tool: string; input: unknown }>>
  /** A piece did not fit: something between was missed. */
  gap: boolean
}

export const nothing: Folded = {
  items: [],
  turn: 0,
  running: false,
  usage: { input: 0, output: 0 },
  waiting: null,
  maxLabel: null,
  error: null,
  pending: {},
  gap: false,
}
