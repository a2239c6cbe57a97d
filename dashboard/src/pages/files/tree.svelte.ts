// The tree of folders: what is open, what was read of each folder, and the lines that show it.

import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import { api } from '#src/api/client'
import { asFailure, type Failure } from '#src/api/failure'
import type { Entry, Folder } from '#src/api/types'
import { join, sorted, type Root } from './paths'

export interface Line {
  path: string
  name: string
  kind: Entry['kind'] | 'note'
  level: number
  open: boolean
  bytes: number | null
  root: Root | null
}

export class Tree {
  readonly #folders = new SvelteMap<string, Folder | Failure>()
  readonly #open = new SvelteSet<string>()
  readonly #asked = new Set<string>()

  /** What was read of a folder. */
  folder(path: string): Folder | Failure | null {
    return this.#folders.get(path) ?? null
  }

  isOpen(path: string): boolean {
    return this.#open.has(path)
  }

  open(path: string): void {
    this.#open.add(path)
    void this.read(path)
  }

  close(path: string): void {
    this.#open.delete(path)
  }

  toggle(path: string): void {
    if (this.isOpen(path)) this.close(path)
    else this.open(path)
  }

  /** Reads a folder once; `again` reads what was read before too. */
  async read(path: string, again = false): Promise<void> {
    if (this.#asked.has(path) && !again) return
    this.#asked.add(path)
    try {
      this.#folders.set(path, await api.folder(path))
    } catch (thrown) {
      this.#folders.set(path, asFailure(thrown))
      this.#asked.delete(path)
    }
  }

  /** The disk may have changed: all that is open is read again. */
  readAgain(): void {
    for (const path of this.#asked) void this.read(path, true)
  }

  /** What is visible, from the top down. */
  lines(roots: Root[], words: { empty: string; loading: string; failed: string; cut: string }): Line[] {
    const lines: Line[] = []
    const note = (path: string, name: string, level: number) =>
      lines.push({ path: `${path}//note`, name, kind: 'note', level, open: false, bytes: null, root: null })
    const inside = (path: string, level: number) => {
      const folder = this.#folders.get(path)
      if (!folder) return note(path, words.loading, level)
      if (!('entries' in folder)) return note(path, words.failed, level)
      if (folder.entries.length === 0) note(path, words.empty, level)
      for (const entry of sorted(folder.entries)) {
        const at = join(path, entry.name)
        const open = entry.kind === 'folder' && this.isOpen(at)
        lines.push({ path: at, name: entry.name, kind: entry.kind, level, open, bytes: entry.kind === 'file' ? entry.bytes : null, root: null })
        if (open) inside(at, level + 1)
      }
      if (folder.cut) note(`${path}/cut`, words.cut, level)
      return undefined
    }
    for (const root of roots) {
      const open = this.isOpen(root.path)
      lines.push({ path: root.path, name: root.name, kind: 'folder', level: 1, open, bytes: null, root })
      if (open) inside(root.path, 2)
    }
    return lines
  }
}
