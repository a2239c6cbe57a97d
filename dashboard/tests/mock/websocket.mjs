// The server side of RFC 6455, as much as a browser on the same machine needs: text frames both ways, ping, close.

import { createHash } from 'node:crypto'

const salt = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Completes the upgrade. Gives `send(text)`, `close(code)`, and calls `onmessage(text)` and `onclose()`. */
export function acceptSocket(request, socket) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + salt).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Protocol: boxagnts.v1\r\n\r\n`,
  )
  const peer = { onmessage: () => {}, onclose: () => {}, send: (text) => socket.writable && socket.write(frame(1, Buffer.from(text))), close }
  let rest = Buffer.alloc(0)
  let pieces = []

  function close(code = 1000) {
    const body = Buffer.alloc(2)
    body.writeUInt16BE(code)
    if (socket.writable) socket.end(frame(8, body))
  }

  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      const got = unframe(rest)
      if (!got) return
      rest = got.rest
      if (got.kind === 8) return socket.end(frame(8, got.body.subarray(0, 2)))
      if (got.kind === 9) socket.write(frame(10, got.body))
      if (got.kind > 1) continue
      pieces.push(got.body)
      if (!got.last) continue
      peer.onmessage(Buffer.concat(pieces).toString('utf8'))
      pieces = []
    }
  })
  socket.on('close', () => peer.onclose())
  socket.on('error', () => socket.destroy())
  return peer
}

function frame(kind, body) {
  const n = body.length
  const head = n < 126 ? Buffer.from([0x80 | kind, n]) : n < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10)
  if (n >= 126) {
    head[0] = 0x80 | kind
    head[1] = n < 65_536 ? 126 : 127
    if (n < 65_536) head.writeUInt16BE(n, 2)
    else head.writeBigUInt64BE(BigInt(n), 2)
  }
  return Buffer.concat([head, body])
}

function unframe(bytes) {
  if (bytes.length < 2) return null
  let n = bytes[1] & 0x7f
  let at = 2
  if (n === 126) {
    if (bytes.length < 4) return null
    n = bytes.readUInt16BE(2)
    at = 4
  } else if (n === 127) {
    if (bytes.length < 10) return null
    n = Number(bytes.readBigUInt64BE(2))
    at = 10
  }
  if (bytes.length < at + 4 + n) return null
  const mask = bytes.subarray(at, at + 4)
  const body = Buffer.from(bytes.subarray(at + 4, at + 4 + n))
  for (let i = 0; i < n; i++) body[i] ^= mask[i % 4]
  return { last: (bytes[0] & 0x80) !== 0, kind: bytes[0] & 0x0f, body, rest: bytes.subarray(at + 4 + n) }
}
