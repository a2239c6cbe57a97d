// Markdown as a tree. Text of models and tools becomes elements one by one and never a string of HTML: whatever looks like a
// tag stays the letters that it is.

import { Lexer, type Token } from 'marked'

/** Longer text is shown as it stands: nobody reads so much as a page, and the reader of blocks would take too long. */
const longest = 200_000

export type { Token }

/** The blocks of a text; `null` when it is shown as it stands. */
export function parse(words: string): Token[] | null {
  if (words.length > longest) return null
  try {
    return new Lexer({ gfm: true }).lex(words)
  } catch {
    // Nested deeper than the reader can go.
    return null
  }
}

/** The same, keeping the objects of blocks that are as they were, so that a growing text draws its last block only. */
export function parseAgain(words: string, before: Token[] | null): Token[] | null {
  const now = parse(words)
  if (!now || !before) return now
  return now.map((token, at) => {
    const old = before[at]
    return old && old.type === token.type && old.raw === token.raw ? old : token
  })
}

const named: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', reg: '®', trade: '™', hellip: '…',
  mdash: '—', ndash: '–', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', laquo: '«', raquo: '»', bull: '•',
  middot: '·', times: '×', divide: '÷', plusmn: '±', deg: '°', micro: 'µ', euro: '€', pound: '£', sect: '§',
  larr: '←', rarr: '→', uarr: '↑', darr: '↓', le: '≤', ge: '≥', ne: '≠', asymp: '≈', infin: '∞', check: '✓',
}

/** Character references of prose, which the lexer leaves as they are. What comes out is text again. */
export function decode(words: string): string {
  return words.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name as string] ?? whole
    const code = hex ? parseInt(hex as string, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })
}

export type Target =
  /** Elsewhere; `host` is shown beside the words, since words can say anything. */
  | { kind: 'out'; url: string; host: string }
  /** A file of the workspace. */
  | { kind: 'file'; path: string }

/** Where a link or image leads, if that is a place that it may lead to. */
export function target(href: string): Target | null {
  const raw = decode(href).trim()
  if (raw === '' || /[\u0000-\u001f\u007f]/.test(raw)) return null
  if (/^[a-z][a-z0-9+.-]*:/i.test(raw)) return outside(raw)
  // `//host/…` and a backslash, which browsers take for a slash, would leave this origin.
  if (/^[\\/]{2}/.test(raw) || raw.includes('\\') || raw.startsWith('#') || raw.startsWith('?')) return null
  return file(raw)
}

function outside(raw: string): Target | null {
  let url: URL
  try {
    url = new URL(raw)
  } catch {
    return null
  }
  if (url.protocol === 'mailto:') return { kind: 'out', url: url.href, host: url.pathname }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  return { kind: 'out', url: url.href, host: url.host }
}

function file(raw: string): Target | null {
  let path = raw.replace(/[?#].*$/, '')
  try {
    path = decodeURIComponent(path)
  } catch {
    // A name with a percent sign.
  }
  if (path.startsWith('/') && !/^\/(workspace|folders)\//.test(path)) return null
  const whole = path.startsWith('/') ? path : `/workspace/${path}`
  const parts: string[] = []
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length <= 1) return null
    else parts.pop()
  }
  return { kind: 'file', path: `/${parts.join('/')}` }
}

/** The levels of headings that a text uses, so that they stand below the page's own without a gap. */
export function headingLevels(tokens: readonly Token[]): Map<number, number> {
  const depths = new Set(tokens.flatMap((token) => (token.type === 'heading' ? [token['depth'] as number] : [])))
  return new Map([...depths].sort((a, b) => a - b).map((depth, at) => [depth, Math.min(6, 3 + at)]))
}
