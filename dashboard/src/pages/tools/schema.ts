// The input of a tool as a list that a person reads, and its limits as a table.

import type { ToolCard } from '#src/api/types'

export interface Input {
  name: string
  type: string
  required: boolean
  means: string
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** The properties of a JSON Schema's object, needed ones first. A schema of another shape gives none. */
export function inputsOf(schema: unknown): Input[] {
  const { properties, required } = record(schema)
  const needed = new Set(Array.isArray(required) ? required : [])
  const inputs = Object.entries(record(properties)).map(([name, property]) => {
    const { description } = record(property)
    return { name, type: typeOf(property), required: needed.has(name), means: typeof description === 'string' ? description : '' }
  })
  return inputs.sort((a, b) => Number(b.required) - Number(a.required))
}

function typeOf(property: unknown): string {
  const { type, enum: values, items, anyOf, oneOf } = record(property)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : null
  if (choices) return [...new Set(choices.map(typeOf))].join(' | ')
  const types = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string' && one !== 'null')
  if (types.length === 0) return 'any'
  return types.map((one) => (one === 'array' ? `list of ${typeOf(items)}` : String(one))).join(' | ')
}

export interface Limit {
  name: string
  value: string
  /** Who said so; empty for a default. */
  by: string
}

/** `timeout 1m, from its manifest` in its parts. */
export function limitsOf(card: Pick<ToolCard, 'limits'>): Limit[] {
  return card.limits.map((line) => {
    const [, name = line, value = '', by = ''] = /^(\S+) ([^,]+)(?:, (?:from )?(.+))?$/.exec(line) ?? []
    return { name, value, by }
  })
}
