// Stands between the program and its model, hands every byte on at once, and keeps when it did.

import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Milliseconds since 1970, with fractions; the browser's clock says the same. */
export const clock = () => performance.timeOrigin + performance.now()

export class Relay {
  /** When each word passed, by the word. */
  readonly passed = new Map<string, number>()
  private readonly server: Server

  private constructor(model: string) {
    const { hostname, port } = new URL(model)
    this.server = createServer((asked, answer) => {
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers)
        answer.flushHeaders()
        reply.on('data', (piece: Buffer) => {
          const now = clock()
          for (const [word] of piece.toString().matchAll(/w\d+/g)) if (!this.passed.has(word)) this.passed.set(word, now)
          answer.write(piece)
        })
        reply.on('end', () => answer.end())
      })
      asked.pipe(onward)
    })
  }

  static async start(model: string): Promise<Relay> {
    const relay = new Relay(model)
    await new Promise<void>((done) => relay.server.listen(0, '127.0.0.1', done))
    return relay
  }

  /** What the program is told instead of the model's address. */
  address(model: string): string {
    const { port } = this.server.address() as AddressInfo
    return `http://127.0.0.1:${port}${new URL(model).pathname}`
  }

  end(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}
