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

/** Passes on what the server said. */
export function changed(what: What): void {
  for (const then of listeners.get(what) ?? []) then()
}

/** After a gap nobody knows what changed. */
export function anythingMayHaveChanged(): void {
  for (const what of listeners.keys()) changed(what)
}
