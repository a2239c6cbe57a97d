// Words of the page Files.

import type { FileChange } from '#src/api/types'

const changeKinds: Record<FileChange['kind'], string> = {
  created: 'created',
  changed: 'changed',
  deleted: 'deleted',
  moved: 'moved',
  link: 'link',
  folder: 'folder',
}

export const text = {
  title: 'Files',
  lead: 'The agent’s whole world: this workspace and the folders that you mapped. Nothing here is changed by looking at it.',
  what: { folder: (path: string) => `the folder ${path}`, file: (path: string) => `the file ${path}`, changes: 'the changes', sessions: 'the sessions' },
  parts: 'Parts of the files',
  tabs: { browse: 'Browse', changes: 'What a session changed' },

  tree: 'Folders and files',
  readOnly: 'read-only',
  find: 'Find a file',
  findHint: 'letters of its path',
  finding: 'Searching …',
  found: (n: number) => (n === 0 ? 'Nothing has these letters in its path.' : n === 1 ? '1 file' : `${n} files`),
  cut: 'There is more in this folder than is shown.',
  empty: 'empty',
  loadingFolder: 'loading …',
  failedFolder: 'cannot be read',
  chooseTitle: 'Choose a file',
  choose: 'The arrow keys walk the tree, right and left open and close folders, Enter shows a file.',
  upTo: 'Path',
  name: 'Name',
  size: 'Size',
  changed: 'Changed',
  kinds: { file: 'file', folder: 'folder', link: 'link', other: 'neither file nor folder' },
  linkSays: 'A link. Guests never follow one out of their folder.',

  lines: (n: string) => (n === '1' ? '1 line' : `${n} lines`),
  content: (path: string) => `Content of ${path}`,
  cutFile: (shown: string) => `The file is longer than what is shown (${shown}).`,
  binary: 'This is neither text nor an image that can be shown.',
  unknownType: 'unknown',
  copyPath: 'Copy path',
  imageOf: (path: string) => `Image ${path}`,
  emptyFile: 'The file is empty.',

  changes: {
    session: 'Session',
    choose: 'Choose a session to see what it did to files, compared with the disk now.',
    kinds: changeKinds as Record<string, string>,
    sum: (n: number) => (n === 1 ? 'one file' : `${n} files`),
    emptyTitle: 'Nothing is changed',
    empty: 'This session changed no file, or all it changed is as it was before.',
    turn: (n: number) => `first in turn ${n}`,
    sizes: (before: string | null, now: string | null) => (before && now ? `${before} → ${now}` : now ? now : before ? `${before}, gone` : ''),
    noDiff: 'No lines to compare: it is no text, or too long.',
    open: 'Show the file',
    chat: 'Open in the chat',
    diffOf: (path: string) => `Changes of ${path}`,
    untitled: 'without a title',
  },
}
