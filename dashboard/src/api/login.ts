// Who we are for the server: a token of this origin, which counts only together with the cookie that the script cannot see.

import type { Login } from './types'

const place = 'boxagnts.token'

/** The token of an earlier login in this browser, if there is one. Other tabs of the same address share it. */
export function token(): string | null {
  try {
    return localStorage.getItem(place)
  } catch {
    return held
  }
}

// Where storage is switched off, the login lasts as long as the page.
let held: string | null = null

/** Keeps a login, or with `null` forgets it. */
export function keep(login: Login | null): void {
  held = login?.token ?? null
  try {
    if (held === null) localStorage.removeItem(place)
    else localStorage.setItem(place, held)
  } catch {
    // `held` has it.
  }
}

/** Takes a one-time code out of the address, so that neither history nor a copied link keeps it. */
export function takeCode(where: Location = location, history: History = window.history): string | null {
  const found = /^#code=([^&]+)$/.exec(where.hash)
  if (!found?.[1]) return null
  history.replaceState(null, '', where.pathname + where.search)
  try {
    return decodeURIComponent(found[1])
  } catch {
    return found[1]
  }
}
