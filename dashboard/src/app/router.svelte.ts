// Where we are. History paths, because the fragment belongs to the login code.

import { parsePath } from './routes'

class Place {
  path = $state(location.pathname)
  search = $state(location.search)
  readonly found = $derived(parsePath(this.path))
  readonly query = $derived(new URLSearchParams(this.search))
}

export const place = new Place()

function read(): void {
  place.path = location.pathname
  place.search = location.search
}

/** Goes to an address of the dashboard. With `replace` the back key passes over the present one. */
export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  read()
}

/** Links of the dashboard change the page without loading it anew; all else about a link stays the browser's. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return
  if (link.pathname.startsWith('/api/') || link.pathname.startsWith('/assets/')) return
  if (link.hash && link.pathname === location.pathname) return
  event.preventDefault()
  go(link.pathname + link.search)
}

/** Begins to follow links and the back key; the result ends it. */
export function startRouter(): () => void {
  addEventListener('popstate', read)
  document.addEventListener('click', follow)
  return () => {
    removeEventListener('popstate', read)
    document.removeEventListener('click', follow)
  }
}
