// What a capability means, in words a person reads aloud. The text itself stays what counts and is always shown beside it.

import { text } from '#text/law'

/** `fs.write:/workspace` is cut into `fs.write` and `/workspace`. */
export function cutCapability(value: string): { family: string; what: string } {
  const at = value.indexOf(':')
  return at < 0 ? { family: value, what: '' } : { family: value.slice(0, at), what: value.slice(at + 1) }
}

/** A sentence's end: "create, change and delete /workspace". What nobody knows is said as it is written. */
export function reading(value: string): string {
  const { family, what } = cutCapability(value)
  return text.readings[family]?.(meant(family, what)) ?? value
}

function meant(family: string, what: string): string {
  if (what === '*' && family.startsWith('network')) return text.anything
  if (what === '*@*') return text.everySecret
  if (what === '*') return text.anyProgram
  return what
}
