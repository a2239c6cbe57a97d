// The server says that something changed; whoever shows it fetches it anew.

import type { ServerFrame } from '#src/api/types'

export type What = Extract<ServerFrame, { type: 'changed' }>['what']

const listeners = new Map<What, Set<() => void>>()

/** Calls `then` whenever `what` changed, and after a lost connection, when it may have. The result ends it:
 *  `$effect(() => onChanged('grants', grants.reload))`. */
export function onChanged(what: What, then: () => void): () => void {
  const set = listeners.get(what) ?? new Set()
  listeners.set(what, set.add(then))
  return () => set.delete(then)
}

/** A busy turn changes a list many times a second; it is fetched once in this time, in milliseconds. */
const pace = 150

const resting = new Map<What, boolean>()

/** Passes on what the server said: the first word at once, those that follow soon after as one. */
export function changed(what: What): void {
  if (resting.has(what)) {
    resting.set(what, true)
    return
  }
  resting.set(what, false)
  setTimeout(() => {
    const again = resting.get(what)
    resting.delete(what)
    if (again) changed(what)
  }, pace)
  for (const then of listeners.get(what) ?? []) then()
}

/** After a gap nobody knows what changed. */
export function anythingMayHaveChanged(): void {
  for (const what of listeners.keys()) changed(what)
}
