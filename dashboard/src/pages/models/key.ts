// Where the key of a provider comes from, and so what a person can do with it here.

import type { Provider } from '#src/api/types'

/** `other`: there is one, and the server says of it what this page does not know; it is left alone. */
export type KeyState = 'none' | 'environment' | 'stored' | 'other'

export function stateOf(key: NonNullable<Provider['key']>): KeyState {
  if (!key.set) return 'none'
  return key.from === 'environment' || key.from === 'stored' ? key.from : 'other'
}

/** Whether one can be given here: the variable wins over it, so that beside one it would do nothing, unseen. */
export const canBeSet = (state: KeyState): boolean => state === 'none' || state === 'stored'

/** The same providers with one in its new state. */
export const withProvider = (all: Provider[], fresh: Provider): Provider[] => all.map((one) => (one.name === fresh.name ? fresh : one))
