import { flushSync, mount, unmount } from 'svelte'
import { afterEach, describe, expect, it, vi } from 'vitest'
import Markdown from '#src/parts/markdown/Markdown.svelte'
import { decode, parse, parseAgain, target } from '#src/parts/markdown/parse'
import corpus from '../xss.json'

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network in tests')))

let shown: Record<string, unknown> | null = null
afterEach(() => {
  if (shown) void unmount(shown)
  shown = null
  document.body.replaceChildren()
})

function show(text: string): HTMLElement {
  if (shown) void unmount(shown)
  document.body.replaceChildren()
  shown = mount(Markdown, { target: document.body, props: { text } })
  flushSync()
  return document.body
}

/** Elements that Markdown may become, each with the attributes that it may have. Nothing else may ever come out. */
const allowed: Record<string, string[]> = {
  div: ['dir', 'role', 'aria-label', 'tabindex'],
  a: ['href', 'target', 'rel'],
  ol: ['start'],
  span: ['role', 'aria-label'],
  th: ['scope'],
  pre: ['tabindex', 'dir'],
  button: ['type'],
  ...Object.fromEntries(
    ['p', 'ul', 'li', 'table', 'thead', 'tbody', 'tr', 'td', 'h3', 'h4', 'h5', 'h6', 'strong', 'em', 'del', 'code', 'br', 'hr', 'blockquote', 'figure', 'figcaption'].map((name) => [name, []]),
  ),
}

function strangers(root: HTMLElement): string[] {
  return [...root.querySelectorAll('*')].flatMap((element) => {
    const name = element.localName
    const attributes = allowed[name]
    if (!attributes) return [`<${name}>`]
    const odd = [...element.attributes].filter((a) => a.name !== 'class' && !attributes.includes(a.name)).map((a) => `${name}.${a.name}`)
    const href = element.getAttribute('href')
    if (href !== null && !/^(https?:\/\/|mailto:|\/files\?path=)/.test(href)) odd.push(`href ${href}`)
    if (href !== null && /^https?:/.test(href) && element.getAttribute('rel') !== 'noopener noreferrer') odd.push(`rel of ${href}`)
    return odd
  })
}

describe('h06: text that attacks', () => {
  it('is a corpus of at least a hundred payloads', () => expect(corpus.length).toBeGreaterThanOrEqual(100))

  it.each(corpus.map((payload) => [payload]))('becomes nothing but inert elements: %j', (payload) => {
    expect(strangers(show(payload))).toEqual([])
    expect(strangers(show(`Some words before. ${payload} And after.`))).toEqual([])
  })

  it('would be seen if it came through', () => {
    document.body.innerHTML = '<img src="x" onerror="1"><a href="javascript:1">x</a>'
    expect(strangers(document.body)).toEqual(['<img>', 'href javascript:1'])
  })

  it('shows the letters of a tag', () => {
    expect(show('a <b>bold</b> <script>x</script>').textContent).toContain('<b>bold</b> <script>x</script>')
  })
})

describe('markdown', () => {
  it('becomes paragraphs, lists, tables, code and headings', () => {
    const page = show('# One\n\ntext **strong** *em* `code` ~~del~~\n\n* a\n* b\n\n3. c\n\n| x | y |\n| - | -: |\n| 1 | 2 |\n\n```rust\nlet a = 1 < 2;\n```\n\n> quote\n\n- [x] done\n- [ ] open\n')
    const has = (query: string) => page.querySelector(query)?.textContent
    expect(has('h3')).toBe('One')
    expect([has('strong'), has('em'), has('p code'), has('del')]).toEqual(['strong', 'em', 'code', 'del'])
    expect(page.querySelector('ol')?.getAttribute('start')).toBe('3')
    expect(has('td.to-right')).toBe('2')
    expect(has('pre code')).toBe('let a = 1 < 2;')
    expect(has('blockquote')?.trim()).toBe('quote')
    expect([...page.querySelectorAll('.mark')].map((m) => m.getAttribute('aria-label'))).toEqual(['done', 'open'])
  })

  it('names the host of a link whose words say something else', () => {
    expect(show('[https://good.example/](https://evil.example/x)').textContent).toContain('(evil.example)')
    expect(show('[x](https://good.example@evil.example/)').textContent).toContain('(evil.example)')
    expect(show('<https://good.example/>').textContent?.trim()).toBe('https://good.example/')
  })

  it('leads to files of the workspace and to no other path of this server', () => {
    expect(show('[x](docs/a%20b.md#top)').querySelector('a')?.getAttribute('href')).toBe('/files?path=%2Fworkspace%2Fdocs%2Fa+b.md')
    expect(show('[x](/api/v1/logout)').querySelector('a')).toBeNull()
  })

  it('asks for no image from elsewhere', () => {
    const page = show('![spy](https://evil.example/x.png)')
    expect(page.querySelector('img')).toBeNull()
    expect(page.textContent).toContain('evil.example')
  })

  it('shows what turns the direction of code', () => {
    expect(show('`a\u202eb`').textContent).toContain('a\\u{202e}b')
  })

  it('of great length or depth is shown all the same', () => {
    const long = 'word '.repeat(60_000)
    expect(show(long).textContent?.length).toBeGreaterThan(long.length - 10)
    expect(show('> '.repeat(5_000) + 'end').textContent).toContain('end')
  })
})

describe('its parts', () => {
  it('keep their objects while the text grows', () => {
    const first = parse('one\n\ntwo')
    const second = parseAgain('one\n\ntwo and more', first)
    expect(second?.[0]).toBe(first?.[0])
    expect(second?.at(-1)).not.toBe(first?.at(-1))
  })

  it('decode references once', () => {
    expect(decode('&amp;lt; &#x41;&#66; &nope; &#x110000;')).toBe('&lt; AB &nope; \ufffd')
  })

  it('know what may be followed', () => {
    expect(target('https://example.org/a')).toEqual({ kind: 'out', url: 'https://example.org/a', host: 'example.org' })
    expect(target('mailto:a@b.example')).toMatchObject({ kind: 'out', host: 'a@b.example' })
    expect(target('./a/../b.png')).toEqual({ kind: 'file', path: '/workspace/b.png' })
    expect(target('/folders/papers/x.md')).toEqual({ kind: 'file', path: '/folders/papers/x.md' })
    for (const href of ['javascript:x', 'java\tscript:x', '//host/x', '\\\\host', '/etc/passwd', '../../x', '#a', '', 'data:x']) {
      expect([href, target(href)]).toEqual([href, null])
    }
  })
})
