// What goes wrong between the page and the server, with what a person can do about it.

import { text } from '#text/failures'
import type { Problem } from './types'

/** A request that was not answered as hoped. `code` is the server's, or `offline` when nobody answered. */
export class Failure extends Error {
  readonly status: number
  readonly code: string
  readonly cure: string | null
  readonly busyWith: string | null

  constructor(status: number, code: string, message: string, cure: string | null, busyWith: string | null = null) {
    super(message)
    this.name = 'Failure'
    this.status = status
    this.code = code
    this.cure = cure
    this.busyWith = busyWith
  }
}

/** Makes a failure of what the server sent. A body that is no `Problem` (a proxy's page, say) is not shown. */
export function failureOf(status: number, body: unknown): Failure {
  const error = (body as Partial<Problem> | null)?.error
  const code = typeof error?.code === 'string' ? error.code : 'failed'
  const message = typeof error?.message === 'string' ? error.message : text.status(status)
  const cure = typeof error?.cure === 'string' ? error.cure : (text.cures[code] ?? null)
  return new Failure(status, code, message, cure, error?.busy_with ?? null)
}

/** Whatever was thrown, as a failure that can be shown. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  if (thrown instanceof TypeError) return new Failure(0, 'offline', text.offline, text.cures['offline'] ?? null)
  return new Failure(0, 'failed', thrown instanceof Error ? thrown.message : String(thrown), null)
}
