import { describe, expect, it } from 'vitest'
import type { Matrix, Receipt } from '#src/api/types'
import { fits, groupsOf, touchedOf } from '#src/pages/audit/receipts'
import { crumbs, foldersAbove, rootsOf } from '#src/pages/files/paths'
import { cellOf, familiesOf } from '#src/pages/permissions/columns'
import { concerns, isWide, wishOf, type Draft } from '#src/pages/permissions/draft'
import { compare, lineOf, rangeOf } from '#src/pages/settings/lines'
import { inputsOf, limitsOf } from '#src/pages/tools/schema'
import { parseDiff } from '#src/parts/diff'
import { reading } from '#src/parts/reading'

describe('the matrix', () => {
  const cell = (capability: string) => ({ capability, verdict: 'ask' as const, rule: 'r', layer: 'l' })
  const matrix: Matrix = {
    rows: [
      { tool: 'a', built_in: true, cells: [cell('odd:thing'), cell('network.get:*'), cell('fs.read:/workspace')] },
      { tool: 'b', built_in: false, cells: [cell('fs.write:/tmp'), cell('fs.read:/workspace'), cell('memory.read')] },
    ],
  }

  it('has each capability once, reading before writing before sending, the unknown last', () => {
    const families = familiesOf(matrix)
    expect(families.map((family) => family.name)).toEqual(['fs.read', 'fs.write', 'network.get', 'memory.read', 'odd'])
    expect(families[0]?.columns).toEqual([{ capability: 'fs.read:/workspace', what: '/workspace' }])
  })

  it('leaves a cell empty where the tool never asks', () => {
    expect(cellOf(matrix.rows[0]!, { capability: 'fs.write:/tmp', what: '/tmp' })).toBeNull()
    expect(cellOf(matrix.rows[1]!, { capability: 'fs.write:/tmp', what: '/tmp' })?.verdict).toBe('ask')
  })
})

describe('a grant that is being written', () => {
  const draft: Draft = { capability: ' fs.write:/workspace/out ', tool: '', scope: 'workspace', session: 'S', span: '8h', other: '' }

  it('becomes the request that it looks like', () => {
    expect(wishOf(draft)).toEqual({ capability: 'fs.write:/workspace/out', tool: null, scope: 'workspace', session: null, expires: '8h' })
    expect(wishOf({ ...draft, scope: 'session', span: 'other', other: ' 10m ' })).toMatchObject({ session: 'S', expires: '10m' })
    expect(wishOf({ ...draft, span: '' }).expires).toBeNull()
  })

  it('is called wide only when it is', () => {
    expect(isWide({ ...draft, capability: 'network:*' })).toBe(true)
    expect(isWide({ ...draft, capability: 'fs.write:/workspace', span: '' })).toBe(true)
    expect(isWide({ ...draft, capability: 'fs.write:/workspace' })).toBe(false)
    expect(isWide({ ...draft, capability: 'network:https://api.example.com' })).toBe(false)
  })

  it('shows an error at the field that it is about', () => {
    expect(concerns('“x” is no capability')).toBe('capability')
    expect(concerns('“soon” is neither a span nor a time')).toBe('expires')
    expect(concerns('a grant for a session names the session')).toBe('session')
  })

  it('is read aloud, and what nobody knows is said as it is written', () => {
    expect(reading('fs.write:/workspace')).toBe('create, change and delete /workspace')
    expect(reading('network:*')).toBe('send requests of any kind to any public address')
    expect(reading('odd:thing')).toBe('odd:thing')
  })
})

describe('receipts', () => {
  const receipt = (seq: number, call: string | undefined, body: unknown, type = 'effect'): Receipt =>
    ({ seq, type, body, ...(call ? { call, session: 'S' } : {}) }) as Receipt

  it('of one call stand together though another call ran beside it', () => {
    const groups = groupsOf([
      receipt(4, 'a', { tool: 'write', decision: 'allowed' }),
      receipt(3, 'b', { tool: 'bash', decision: 'refused', count: 2 }),
      receipt(2, 'a', { tool: 'write' }, 'call.intended'),
      receipt(1, undefined, {}, 'journal.began'),
    ])
    expect(groups.map((group) => group.receipts.map((one) => one.seq))).toEqual([[4, 2], [3], [1]])
    expect(groups[1]).toMatchObject({ tool: 'bash', refused: 2 })
  })

  it('without a body do no harm', () => {
    const groups = groupsOf([{ seq: 1, type: 'unreadable' }, receipt(2, 'a', null), receipt(3, 'b', { tool: 7, touched: 'x' })])
    expect(groups).toHaveLength(3)
    expect(touchedOf({ seq: 1, type: 'unreadable' })).toBeNull()
    expect(touchedOf(receipt(1, 'a', { touched: { paths: ['x', 7], further: 'y' } }))).toEqual({ paths: ['x'], further: 0, listed: null, digest: null })
  })

  it('are found by each word of a search', () => {
    const [group] = groupsOf([receipt(1, 'a', { tool: 'bash', effect: 'fs.read:/home/ada/.ssh' })])
    expect(fits(group!, { tool: '', words: '.SSH read', call: null })).toBe(true)
    expect(fits(group!, { tool: '', words: 'ssh nothing', call: null })).toBe(false)
    expect(fits(group!, { tool: 'write', words: '', call: null })).toBe(false)
    expect(fits(group!, { tool: '', words: '', call: 'b' })).toBe(false)
  })
})

describe('a tool', () => {
  it('shows what it takes, needed things first', () => {
    const schema = {
      properties: {
        stdin: { type: ['string', 'null'], description: 'in' },
        mode: { enum: ['a', 'b'] },
        lines: { type: 'array', items: { type: 'integer' } },
        script: { type: 'string' },
      },
      required: ['script'],
    }
    expect(inputsOf(schema)).toEqual([
      { name: 'script', type: 'string', required: true, means: '' },
      { name: 'stdin', type: 'string', required: false, means: 'in' },
      { name: 'mode', type: '"a" | "b"', required: false, means: '' },
      { name: 'lines', type: 'list of integer', required: false, means: '' },
    ])
    for (const odd of [null, 7, [], { properties: [] }, { properties: { a: null } }]) expect(() => inputsOf(odd)).not.toThrow()
  })

  it('shows who set a limit', () => {
    expect(limitsOf({ limits: ['timeout 1m, from its manifest', 'memory 64MiB', 'odd'] })).toEqual([
      { name: 'timeout', value: '1m', by: 'its manifest' },
      { name: 'memory', value: '64MiB', by: '' },
      { name: 'odd', value: '', by: '' },
    ])
  })
})

describe('paths', () => {
  const roots = rootsOf({ workspace: '/home/ada/notes', folders: [{ name: 'papers', path: '/home/ada/papers', writable: false }] })

  it('have all folders above them, and none outside', () => {
    expect(foldersAbove('/workspace/a/b/c.txt', roots)).toEqual(['/workspace', '/workspace/a', '/workspace/a/b'])
    expect(foldersAbove('/folders/papers/x', roots)).toEqual(['/folders/papers'])
    expect(foldersAbove('/workspace', roots)).toEqual([])
    expect(foldersAbove('/etc/passwd', roots)).toEqual([])
    expect(foldersAbove('/workspaces/x', roots)).toEqual([])
  })

  it('are shown as a line of links', () => {
    expect(crumbs('/folders/papers/a/b', roots).map((crumb) => crumb.name)).toEqual(['/folders/papers', 'a', 'b'])
  })
})

describe('the text of settings', () => {
  it('finds the line that an error names', () => {
    expect(lineOf('line 3: there is no setting')).toBe(3)
    expect(lineOf('~/.config/boxagnts/config.toml:12: no')).toBe(12)
    expect(lineOf('no line here')).toBeNull()
    expect(rangeOf('one\ntwo\nthree', 2)).toEqual({ from: 4, to: 7 })
    expect(rangeOf('one', 9)).toEqual({ from: 0, to: 3 })
  })

  it('is compared line by line, and the comparison is a diff', () => {
    const lines = parseDiff(compare('a\nb\nc', 'a\nx\nc\nd', 'f'))
    const of = (kind: string) => lines.filter((line) => line.kind === kind).map((line) => line.words)
    expect(of('same')).toEqual(['a', 'c'])
    expect(of('removed')).toEqual(['b'])
    expect(of('added')).toEqual(['x', 'd'])
  })

  it('is compared even when it is very long', () => {
    const long = Array.from({ length: 5000 }, (_, i) => String(i)).join('\n')
    expect(compare(long, `${long}!`, 'f').length).toBeGreaterThan(long.length)
  })
})
