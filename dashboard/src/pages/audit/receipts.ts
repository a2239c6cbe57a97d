// Receipts as they come, in the groups in which a person reads them.

import type { Receipt } from '#src/api/types'

/** What `touched` of an effect has: docs/audit.md. Whatever is no such thing is left out and shown as recorded. */
export interface Touched {
  paths: string[]
  further: number
  listed: number | null
  digest: string | null
}

/** Receipts of one call, or of the journal itself; in the order of the log, newest first. */
export interface Group {
  key: string
  session: string | null
  call: string | null
  tool: string | null
  time: string | null
  refused: number
  receipts: Receipt[]
}

const wordOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const field = (receipt: Receipt, name: string): unknown => (receipt.body as Record<string, unknown> | undefined)?.[name]

export const toolOf = (receipt: Receipt): string | null => wordOf(field(receipt, 'tool'))
export const textOf = (receipt: Receipt, name: string): string | null => wordOf(field(receipt, name))

export function numberOf(receipt: Receipt, name: string): number {
  const value = field(receipt, name)
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

export function listOf(receipt: Receipt, name: string): string[] {
  const value = field(receipt, name)
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

export function isRefused(receipt: Receipt): boolean {
  return receipt.type === 'effect' && field(receipt, 'decision') === 'refused'
}

export function touchedOf(receipt: Receipt): Touched | null {
  const value = field(receipt, 'touched') as Record<string, unknown> | undefined
  if (typeof value !== 'object' || value === null) return null
  return {
    paths: Array.isArray(value['paths']) ? value['paths'].filter((path) => typeof path === 'string') : [],
    further: typeof value['further'] === 'number' ? value['further'] : 0,
    listed: typeof value['listed'] === 'number' ? value['listed'] : null,
    digest: wordOf(value['digest']),
  }
}

/** Neighbours of the same call stand together; calls that ran side by side are told apart by their ids. */
export function groupsOf(receipts: Receipt[]): Group[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const receipt of receipts) {
    const known = receipt.call ? open.get(receipt.call) : undefined
    const group: Group = known ?? {
      key: receipt.call ?? `record-${receipt.seq}`,
      session: receipt.session ?? null,
      call: receipt.call ?? null,
      tool: null,
      time: receipt.time ?? null,
      refused: 0,
      receipts: [],
    }
    if (!known) {
      groups.push(group)
      if (receipt.call) open.set(receipt.call, group)
    }
    group.receipts.push(receipt)
    group.tool ??= toolOf(receipt)
    group.refused += isRefused(receipt) ? Math.max(1, numberOf(receipt, 'count')) : 0
  }
  return groups
}

export interface Filter {
  tool: string
  words: string
  call: string | null
}

/** Whether a group fits. Words are searched in all that was recorded, each of them. */
export function fits(group: Group, filter: Filter): boolean {
  if (filter.call !== null && group.call !== filter.call) return false
  if (filter.tool !== '' && group.tool !== filter.tool) return false
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const all = JSON.stringify(group.receipts).toLowerCase()
  return words.every((word) => all.includes(word))
}
