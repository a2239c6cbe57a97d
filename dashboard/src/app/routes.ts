// Which page an address shows. Pages are loaded when they are first opened.

import type { Component } from 'svelte'

export type PageName =
  | 'chat' | 'sessions' | 'permissions' | 'traces' | 'audit' | 'tools' | 'files' | 'models' | 'settings'

/** What a page gets: the part of the path after its name, and the query. */
export interface PageProps {
  /** `/chat/01ARZ…` gives `01ARZ…`; `null` for `/chat`. */
  item: string | null
  query: URLSearchParams
}

type Loader = () => Promise<{ default: Component<PageProps> }>

export const pages: Record<PageName, Loader> = {
  chat: () => import('../pages/chat/Chat.svelte'),
  sessions: () => import('../pages/sessions/Sessions.svelte'),
  permissions: () => import('../pages/permissions/Permissions.svelte'),
  traces: () => import('../pages/traces/Traces.svelte'),
  audit: () => import('../pages/audit/Audit.svelte'),
  tools: () => import('../pages/tools/Tools.svelte'),
  files: () => import('../pages/files/Files.svelte'),
  models: () => import('../pages/models/Models.svelte'),
  settings: () => import('../pages/settings/Settings.svelte'),
}

export const pageNames = Object.keys(pages) as PageName[]

/** The page and item of a path; `null` for a path that names no page. */
export function parsePath(path: string): { page: PageName; item: string | null } | null {
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '')
  if (first === '') return { page: 'chat', item: null }
  const page = pageNames.find((name) => name === first)
  if (!page || rest.length > 1) return null
  const item = rest[0]
  if (item === undefined) return { page, item: null }
  try {
    return { page, item: decodeURIComponent(item) }
  } catch {
    return null
  }
}

/** The address of a page, with an item and a query if wanted. */
export function pathTo(page: PageName, item?: string | null, query?: Record<string, string>): string {
  const tail = query ? `?${new URLSearchParams(query).toString()}` : ''
  return `/${page}${item ? `/${encodeURIComponent(item)}` : ''}${tail}`
}
