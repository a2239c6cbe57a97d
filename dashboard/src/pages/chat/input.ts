// The input of a call, as short as a line and as long as it is.

import type { DiffLine } from '#src/parts/diff'
import { plain } from '#src/parts/plain'

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields that say best what a call is about, the better first. */
const telling = ['script', 'command', 'path', 'url', 'pattern', 'query', 'glob', 'name']
const longest = 160

/** A line that says what the call is about. */
export function summary(input: unknown): string {
  if (input === null || input === undefined) return ''
  if (!isFields(input)) return cut(typeof input === 'string' ? input : JSON.stringify(input))
  const found = telling.flatMap((name) => (typeof input[name] === 'string' ? [input[name]] : []))
  return cut(found.length > 0 ? found.slice(0, 2).join('  ') : JSON.stringify(input))
}

function cut(words: string): string {
  const line = words.replace(/\s*\n\s*/g, ' ⏎ ')
  return plain(line.length > longest ? `${line.slice(0, longest)}…` : line)
}

/** What a call would write, for the tools that write: lines that go and come. Numbers are not known from the input alone. */
export function changeOf(tool: string, input: unknown): DiffLine[] | null {
  if (!isFields(input) || typeof input['path'] !== 'string') return null
  const lines = (value: unknown, kind: 'added' | 'removed'): DiffLine[] =>
    typeof value === 'string' ? value.replace(/\n$/, '').split('\n').map((words) => ({ kind, words, before: null, after: null })) : []
  if (tool === 'edit' && typeof input['new'] === 'string') {
    return [...lines(input['old'], 'removed'), ...lines(input['new'], 'added')]
  }
  if (tool === 'write' && typeof input['content'] === 'string') return lines(input['content'], 'added')
  return null
}

/** The script of a call that runs one. */
export function scriptOf(input: unknown): string | null {
  if (!isFields(input)) return null
  const script = input['script'] ?? input['command']
  return typeof script === 'string' ? script : null
}
