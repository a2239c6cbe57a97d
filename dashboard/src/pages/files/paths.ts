// Paths as guests see them: /workspace/…, /folders/NAME/….

import type { Entry, Status } from '#src/api/types'

export interface Root {
  path: string
  name: string
  /** What a person knows it by: the folder of this machine. */
  place: string
  writable: boolean
}

/** Where the tree begins: the workspace, and each mapped folder. */
export function rootsOf(status: Pick<Status, 'workspace' | 'folders'> | null): Root[] {
  const workspace = { path: '/workspace', name: '/workspace', place: status?.workspace ?? '', writable: true }
  const folders = (status?.folders ?? []).map(({ name, path, writable }) => ({
    path: `/folders/${name}`,
    name: `/folders/${name}`,
    place: path,
    writable,
  }))
  return [workspace, ...folders]
}

export const join = (folder: string, name: string) => `${folder}/${name}`

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at <= 0 ? path : path.slice(0, at)
}

/** All folders above a path that lie in one of the roots, the root first. */
export function foldersAbove(path: string, roots: Root[]): string[] {
  const root = roots.find((one) => path === one.path || path.startsWith(`${one.path}/`))
  if (!root || path === root.path) return []
  const above: string[] = []
  for (let at = parentOf(path); at.length >= root.path.length; at = parentOf(at)) {
    above.unshift(at)
    if (at === root.path) break
  }
  return above
}

/** Folders first, then by name as people sort. */
export function sorted(entries: Entry[]): Entry[] {
  const rank = (entry: Entry) => (entry.kind === 'folder' ? 0 : 1)
  return [...entries].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** The pieces of a path with the address of each, for a line of links. */
export function crumbs(path: string, roots: Root[]): { name: string; path: string }[] {
  return [...foldersAbove(path, roots), path].map((at, i) => ({ name: i === 0 ? at : at.slice(at.lastIndexOf('/') + 1), path: at }))
}
