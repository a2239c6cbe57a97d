// Changes of files, as the server writes them: `PATH: changed, 8 bytes become 10`, then hunks. See crates/tools/src/comparison.rs.

export interface DiffLine {
  kind: 'head' | 'hunk' | 'added' | 'removed' | 'same' | 'note'
  words: string
  /** Line numbers before and after, where the line has one. */
  before: number | null
  after: number | null
}

/** Understands the text line by line. Only a line that begins with no sign can be a head, so that no file can forge one. */
export function parseDiff(words: string): DiffLine[] {
  const lines = words.split('\n')
  if (lines.at(-1) === '') lines.pop()
  let before = 0
  let after = 0
  let inHunk = false
  return lines.map((line): DiffLine => {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)
    if (hunk) {
      before = Number(hunk[1])
      after = Number(hunk[2])
      inHunk = true
      return { kind: 'hunk', words: line, before: null, after: null }
    }
    const rest = line.slice(1)
    if (inHunk && line.startsWith('+')) return { kind: 'added', words: rest, before: null, after: after++ }
    if (inHunk && line.startsWith('-')) return { kind: 'removed', words: rest, before: before++, after: null }
    if (inHunk && line.startsWith(' ')) return { kind: 'same', words: rest, before: before++, after: after++ }
    const note = /^\s/.test(line) || line === ''
    inHunk = inHunk && note
    return { kind: note ? 'note' : 'head', words: line, before: null, after: null }
  })
}

/** How many lines come and go. */
export function tally(lines: DiffLine[]): { added: number; removed: number } {
  const of = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length
  return { added: of('added'), removed: of('removed') }
}
