import { beforeEach, describe, expect, it } from 'vitest'
import { keep, takeCode, token } from '#src/api/login'
import { Stream, type LinkState, type Watcher, type World } from '#src/api/stream'
import type { ClientFrame, ServerFrame } from '#src/api/types'

class Socket {
  sent: ClientFrame[] = []
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: ((end: { code: number }) => void) | null = null
  send(text: string) {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }
  close() {
    this.onclose?.({ code: 1006 })
  }
  tell(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

/** A world whose time passes when the test says so. */
function made() {
  const sockets: Socket[] = []
  const timers: { ms: number; then: () => void; gone: boolean }[] = []
  const world: World = {
    open: () => {
      const socket = new Socket()
      sockets.push(socket)
      return socket as unknown as WebSocket
    },
    after: (ms, then) => {
      const timer = { ms, then, gone: false }
      timers.push(timer)
      return () => (timer.gone = true)
    },
    now: () => 0,
    chance: () => 1,
  }
  const stream = new Stream(world)
  const links: LinkState['state'][] = []
  stream.onlink = (link) => links.push(link.state)
  /** Lets the timer that is due next ring; gives how long it had waited. */
  const ring = () => {
    const timer = timers.find((one) => !one.gone)
    if (timer) timer.gone = true
    timer?.then()
    return timer?.ms
  }
  return { stream, sockets, links, ring, hello: (at: number) => sockets[at]?.tell({ type: 'hello', version: '1', epoch: 'e' }) }
}

const watcher = (cursor = {}) => {
  const frames: ServerFrame[] = []
  return { frames, cursor: () => cursor, frame: (frame: ServerFrame) => void frames.push(frame) } satisfies Watcher & { frames: ServerFrame[] }
}

beforeEach(() => keep({ token: 't', expires: '' }))

describe('the stream', () => {
  it('asks for nothing before the hello, and then for what is watched, from where it was', () => {
    const { stream, sockets, hello } = made()
    stream.watch('s1', watcher({ epoch: 'e', after: 7 }))
    stream.start()
    expect(sockets[0]?.sent).toEqual([])
    hello(0)
    expect(sockets[0]?.sent).toEqual([{ type: 'watch', session: 's1', epoch: 'e', after: 7 }])
  })

  it('comes back by itself, each time later, and asks to go on', () => {
    const { stream, sockets, links, ring, hello } = made()
    stream.watch('s1', watcher({ epoch: 'e', after: 9 }))
    stream.start()
    hello(0)
    const waits: (number | undefined)[] = []
    for (let at = 0; at < 8; at++) {
      sockets[at]?.close()
      waits.push(ring())
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
    hello(8)
    expect(sockets[8]?.sent).toEqual([{ type: 'watch', session: 's1', epoch: 'e', after: 9 }])
    expect(links.slice(-2)).toEqual(['connecting', 'live'])
  })

  it('begins with a short wait again after it was live', () => {
    const { stream, sockets, ring, hello } = made()
    stream.start()
    sockets[0]?.close()
    ring()
    sockets[1]?.close()
    ring()
    hello(2)
    sockets[2]?.close()
    expect(ring()).toBe(250)
  })

  it('gives up a connection that says no hello', () => {
    const { stream, links, ring } = made()
    stream.start()
    expect(ring()).toBe(8_000)
    expect(links.at(-1)).toBe('lost')
  })

  it('has whoever owns it look whether the login still counts, and comes back if so', () => {
    const { stream, sockets, links, ring, hello } = made()
    let looks = 0
    stream.onfailed = () => (looks += 1)
    stream.start()
    hello(0)
    sockets[0]?.onclose?.({ code: 4401 })
    expect([links.at(-1), looks, ring()]).toEqual(['lost', 1, 250])
    stream.stop()
    expect(ring()).toBeUndefined()
  })

  it('hands frames to those who watch that session, and to nobody after they ended', () => {
    const { stream, sockets, hello } = made()
    const [one, two] = [watcher(), watcher()]
    const end = stream.watch('s1', one)
    stream.watch('s2', two)
    stream.start()
    hello(0)
    const problem: ServerFrame = { type: 'problem', session: 's1', message: 'x' }
    sockets[0]?.tell(problem)
    expect([one.frames, two.frames]).toEqual([[problem], []])
    end()
    sockets[0]?.tell(problem)
    expect(one.frames).toHaveLength(1)
    expect(sockets[0]?.sent.at(-1)).toEqual({ type: 'unwatch', session: 's1' })
  })

  it('passes over what it cannot read', () => {
    const { stream, sockets, hello } = made()
    stream.start()
    hello(0)
    for (const data of ['', '{', 'null', '7', '[]', '{"type":"who knows"}']) expect(() => sockets[0]?.onmessage?.({ data })).not.toThrow()
  })

  it('does not connect without a login', () => {
    keep(null)
    const { stream, sockets, links } = made()
    stream.start()
    expect([sockets.length, links]).toEqual([0, ['out']])
  })
})

describe('the login', () => {
  const at = (url: string) => {
    history.replaceState(null, '', url)
    return [takeCode(), location.hash, location.pathname + location.search]
  }

  it('takes a code out of the address and leaves the rest', () => {
    expect(at('/files?path=x#code=ab%2Bc')).toEqual(['ab+c', '', '/files?path=x'])
    expect(at('/chat#code=%zz')).toEqual(['%zz', '', '/chat'])
    expect(at('/chat#main')).toEqual([null, '#main', '/chat'])
  })

  it('is kept for other tabs and forgotten', () => {
    expect(token()).toBe('t')
    keep(null)
    expect(token()).toBeNull()
    expect(localStorage.length).toBe(0)
  })
})
