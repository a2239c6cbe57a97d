import { afterEach, expect, it, vi } from 'vitest'
import { api } from '#src/api/client'
import type { Provider } from '#src/api/types'
import { canBeSet, stateOf, withProvider } from '#src/pages/models/key'
import { text } from '#text/models'

afterEach(() => vi.unstubAllGlobals())

const key = (set: boolean, from: string | null) => ({ name: 'SOME_API_KEY', set, from }) as NonNullable<Provider['key']>

it('a key that is not there is none, whatever is said of where it comes from', () => {
  expect([stateOf(key(false, null)), stateOf(key(false, 'stored'))]).toEqual(['none', 'none'])
  expect([stateOf(key(true, 'environment')), stateOf(key(true, 'stored'))]).toEqual(['environment', 'stored'])
})

it('a key from a place that nobody knows here is left alone', () => {
  expect(stateOf(key(true, 'vault'))).toBe('other')
  expect(stateOf(key(true, null))).toBe('other')
  expect((['none', 'environment', 'stored', 'other'] as const).map(canBeSet)).toEqual([true, false, true, false])
})

it('a provider takes the place that it had', () => {
  const all = ['a', 'b', 'c'].map((name) => ({ name, ready: false }) as Provider)
  const fresh = { name: 'b', ready: true } as Provider
  expect(withProvider(all, fresh)).toEqual([all[0], fresh, all[2]])
  expect(withProvider(all, { ...fresh, name: 'gone' })).toEqual(all)
})

it('a key goes in the body, never in the address', async () => {
  const asked: [string, RequestInit][] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push([url, init])
    return Promise.resolve(new Response('{}'))
  })
  await api.setKey('a/../b', 'sk-very-secret')
  await api.forgetKey('openai')
  expect(asked.map(([url, init]) => [init.method, url, init.body])).toEqual([
    ['PUT', '/api/v1/models/a%2F..%2Fb/key', '{"value":"sk-very-secret"}'],
    ['DELETE', '/api/v1/models/openai/key', undefined],
  ])
})

it('the words name the origin that a key is bound to, and who wins over it', () => {
  expect(text.key.hint('https://api.openai.com')).toContain('https://api.openai.com')
  expect(text.key.fromHere('http://127.0.0.1:8080')).toContain('http://127.0.0.1:8080')
  expect(text.key.fromHere(null)).not.toContain('null')
  expect(text.key.fromEnvironment('OPENAI_API_KEY')).toMatch(/OPENAI_API_KEY.* wins /)
})
