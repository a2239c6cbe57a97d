// A grant as it is being written, and what can be said of it before the server is asked.

import type { NewGrant, ToolCard } from '#src/api/types'

export interface Draft {
  capability: string
  /** Empty: the built-in tools. */
  tool: string
  scope: NewGrant['scope']
  session: string
  /** A span, empty for no end, or `other` for what `other` holds. */
  span: string
  other: string
}

/** The request that a draft stands for. */
export function wishOf(draft: Draft): NewGrant {
  const expires = draft.span === 'other' ? draft.other.trim() : draft.span
  return {
    capability: draft.capability.trim(),
    tool: draft.tool || null,
    scope: draft.scope,
    session: draft.scope === 'session' ? draft.session : null,
    expires: expires || null,
  }
}

/** Whether the grant lets so much happen that a person should look twice. */
export function isWide(draft: Draft): boolean {
  const what = draft.capability.trim()
  if (/^(network|network\.get|exec|mcp|secret|agent\.spawn):\*/.test(what)) return true
  return /^fs\.write:(\/workspace)?(\/\*\*)?\/?$/.test(what) && (draft.scope === 'always' || draft.span === '')
}

/** Which field a message of the server is about. It names what it could not read. */
export function concerns(message: string): 'capability' | 'tool' | 'session' | 'expires' {
  const words = message.toLowerCase()
  if (/\bsession/.test(words)) return 'session'
  if (/expir|\bspan\b|\btime\b|\bmoment\b|\bend\b|duration/.test(words)) return 'expires'
  if (/\btool\b|tool name/.test(words)) return 'tool'
  return 'capability'
}

/** What the tools ask for, once each: what one most likely wants to grant. */
export function suggestions(tools: ToolCard[]): string[] {
  return [...new Set(tools.flatMap((tool) => tool.permissions))].sort()
}
