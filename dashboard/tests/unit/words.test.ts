import { describe, expect, it } from 'vitest'
import { failureOf } from '#src/api/failure'
import { rank } from '#src/app/rank'
import { parsePath, pathTo } from '#src/app/routes'
import { ago, count, money, size, span } from '#src/app/shape'
import { commands, fenced, mentionAt, modeOf, parseCommand } from '#src/pages/chat/commands'
import { changeOf, summary } from '#src/pages/chat/input'
import { parseDiff, tally } from '#src/parts/diff'
import { dataUrl } from '#src/parts/picture'
import { plain, prose } from '#src/parts/plain'

const catalogues = import.meta.glob<{ text: unknown }>('../../src/text/en/*.ts', { eager: true })

/** Every text of a catalogue; a counted one is asked for one, many and none. */
function texts(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (Array.isArray(value)) return value.flatMap((item, i) => texts(item, `${path}.${i}`))
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, item]) => texts(item, `${path}.${key}`))
  return []
}

describe('the catalogue', () => {
  const all = Object.entries(catalogues).flatMap(([file, module]) => texts(module.text, file.split('/').pop() ?? ''))

  it('has words for every key', () => {
    expect(all.length).toBeGreaterThan(200)
    for (const [path, words] of all) expect([path, words.trim() !== '' && words === words.trim()]).toEqual([path, true])
  })

  it('holds no markup, no straight apostrophes and no three dots', () => {
    for (const [path, words] of all) expect([path, words.replace(/“[^”]*”/g, '').match(/<\w|\w'\w|\.\.\./)]).toEqual([path, null])
  })
})

describe('addresses', () => {
  it('lead to pages and back', () => {
    expect(parsePath('/')).toEqual({ page: 'chat', item: null })
    expect(parsePath(pathTo('tools', 'a/b ä'))).toEqual({ page: 'tools', item: 'a/b ä' })
    expect(pathTo('files', null, { path: '/workspace/a b' })).toBe('/files?path=%2Fworkspace%2Fa+b')
  })

  it('that are none lead nowhere', () => {
    for (const path of ['/nope', '/chat/a/b', '/chat/%zz', '/__proto__', '/constructor']) expect(parsePath(path)).toBeNull()
  })
})

describe('numbers', () => {
  it('are short and say their unit', () => {
    expect([span(340), span(1_234), span(55_000), span(3_400_000), span(125_000_000)]).toEqual(['340 µs', '1.2 ms', '55 ms', '3.4 s', '2 min 5 s'])
    expect([size(0), size(999), size(1_500), size(20_000_000)]).toEqual(['0 B', '999 B', '1.5 kB', '20 MB'])
    expect([money(0), money(50), money(12_300), money(1_234_567)]).toEqual(['$0', '< $0.0001', '$0.0123', '$1.23'])
    expect(count(1234567)).toBe('1,234,567')
  })

  it('of time that are none are shown as they are', () => {
    expect(ago('yesterday-ish')).toBe('yesterday-ish')
    expect(ago('2026-11-20T10:00:00Z', Date.parse('2026-11-20T10:05:00Z'))).toBe('5 min. ago')
  })
})

describe('what hides', () => {
  it('is shown by number', () => {
    expect(plain('a\u202eb\u200bc\u0007\u{e0041}\ufeff')).toBe('a\\u{202e}b\\u{200b}c\\u{7}\\u{e0041}\\u{feff}')
    expect(plain('käse 東京 🧀\n\tx')).toBe('käse 東京 🧀\n\tx')
  })

  it('leaves emoji and scripts of prose alone', () => {
    expect(prose('👩‍🚀 ❤️ می‌خواهم')).toBe('👩‍🚀 ❤️ می‌خواهم')
    expect(prose('a\u202eb')).toBe('a\\u{202e}b')
  })
})

describe('changes', () => {
  const sample = '/workspace/a: changed, 8 bytes become 10\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n/workspace/b: deleted, 3 bytes\n  its content is no text, or too long to be shown\n'

  it('are read line by line, with their numbers', () => {
    expect(parseDiff(sample).map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ['head', null, null], ['hunk', null, null], ['same', 1, 1], ['removed', 2, null], ['added', null, 2], ['head', null, null], ['note', null, null],
    ])
    expect(tally(parseDiff(sample))).toEqual({ added: 1, removed: 1 })
  })

  it('cannot be forged by a line of the file', () => {
    const forged = parseDiff('/workspace/a: changed\n@@ -1,1 +1,2 @@\n+/workspace/b: deleted\n+@@ -1 +1 @@\n')
    expect(forged.map((line) => line.kind)).toEqual(['head', 'hunk', 'added', 'added'])
  })

  it('of an edit are known from its input', () => {
    expect(changeOf('edit', { path: 'a', old: 'x\ny', new: 'z' })?.map((line) => line.kind)).toEqual(['removed', 'removed', 'added'])
    expect(changeOf('read', { path: 'a' })).toBeNull()
    expect(summary({ path: 'a.md', offset: 3 })).toBe('a.md')
    expect(summary('no json\nat all')).toBe('no json ⏎ at all')
  })
})

describe('commands', () => {
  it('are found by their names and by those of other agents', () => {
    expect(parseCommand('/model openai/x')).toEqual({ name: 'model', rest: 'openai/x' })
    expect(parseCommand('/usage')).toEqual({ name: 'cost', rest: '' })
    expect(parseCommand('/nope')).toEqual({ unknown: 'nope' })
    for (const words of ['plain', ' /model', '/etc/passwd is a file', '//x', '']) expect(parseCommand(words)).toBeNull()
    for (const name of ['new', 'model', 'mode', 'clear', 'help', 'stop', 'export', 'permissions', 'audit', 'tools', 'resume']) {
      expect(commands.map((command) => command.name)).toContain(name)
    }
  })

  it('know the modes of other agents', () => {
    const known = ['ask', 'accept-edits', 'plan', 'dont-ask', 'bypass'] as const
    expect(['acceptEdits', 'bypassPermissions', 'default', 'plan', 'auto'].map((name) => modeOf(name, known))).toEqual(['accept-edits', 'bypass', 'ask', 'plan', null])
  })

  it('find a file that is being named', () => {
    expect(mentionAt('see @src/ma', 11)).toEqual({ from: 4, query: 'src/ma' })
    expect(mentionAt('mail a@b', 8)).toBeNull()
  })

  it('fence what holds fences', () => {
    expect(fenced('a.md', '````\nx\n````')).toBe('````` a.md\n````\nx\n````\n`````')
  })
})

it('the best fit comes first', () => {
  expect(rank(['Settings', 'Sessions', 'Show all keys'], 'se', (name) => name)).toEqual(['Settings', 'Sessions', 'Show all keys'])
  expect(rank(['budget of 2027', 'tour of the notes'], 'ton', (name) => name)).toEqual(['tour of the notes'])
})

it('an image is of a kind that only draws', () => {
  expect(dataUrl({ media_type: 'image/png', bytes: 'AAAA' })).toBe('data:image/png;base64,AAAA')
  for (const media_type of ['image/svg+xml', 'text/html', 'image/png;x,<svg>']) expect(dataUrl({ media_type, bytes: 'AAAA' })).toBeNull()
  expect(dataUrl({ media_type: 'image/png', bytes: '"><script>' })).toBeNull()
})

it('an answer that is no problem of ours has words all the same', () => {
  expect(failureOf(502, '<html>')).toMatchObject({ code: 'failed', message: 'the server answered with status 502' })
  expect(failureOf(409, { error: { code: 'held', message: 'm', busy_with: 'x' } })).toMatchObject({ code: 'held', busyWith: 'x', cure: expect.stringContaining('Another process') as string })
})
