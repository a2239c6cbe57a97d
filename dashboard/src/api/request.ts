// One request to the server: the token goes along, JSON in and out, a 401 ends the login.

import { asFailure, Failure, failureOf } from './failure'
import { keep, token } from './login'

const base = '/api/v1'

/** Told when the server no longer knows us. */
export const loggedOut = new EventTarget()

export type Query = Record<string, string | number | boolean | null | undefined>

/** A path below the API with its query; absent values are left out. */
export function address(path: string, query: Query = {}): string {
  const parts = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parts.set(key, String(value))
  }
  const tail = parts.toString()
  return base + path + (tail ? `?${tail}` : '')
}

/** Sends, and gives the answer as it came. Throws a `Failure` for anything but success. */
export async function send(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {}
  const known = token()
  if (known !== null) headers['Authorization'] = `Bearer ${known}`
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let answer: Response
  try {
    answer = await fetch(url, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw asFailure(thrown)
  }
  if (answer.ok) return answer
  const failure = failureOf(answer.status, await answer.json().catch(() => null))
  // Another tab may have logged in anew since: only the token that was refused is forgotten.
  if (failure.status === 401 && known !== null && known === token()) {
    keep(null)
    loggedOut.dispatchEvent(new Event('out'))
  }
  throw failure
}

/** The same for an answer in JSON; an empty answer is `undefined`. */
export async function call<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await send(method, url, body, signal)
  const words = await answer.text()
  if (words === '') return undefined as T
  try {
    return JSON.parse(words) as T
  } catch {
    throw new Failure(answer.status, 'failed', 'the server answered with something that is no JSON', null)
  }
}
