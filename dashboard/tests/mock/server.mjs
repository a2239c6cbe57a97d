// A server that speaks the contract of src/api/types.ts with made-up data, so that the pages can be worked on and tested
// without the real one. `npm run mock` starts it; tests start their own and reach into `world`.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import audit from './areas/audit.mjs'
import files from './areas/files.mjs'
import login from './areas/login.mjs'
import models from './areas/models.mjs'
import permissions from './areas/permissions.mjs'
import sessions from './areas/sessions.mjs'
import settings from './areas/settings.mjs'
import status from './areas/status.mjs'
import tools from './areas/tools.mjs'
import traces from './areas/traces.mjs'
import { Refusal, answerRequest } from './http.mjs'
import { live } from './live.mjs'
import { acceptSocket } from './websocket.mjs'
import { World } from './world.mjs'

const areas = [login, status, sessions, permissions, traces, audit, tools, files, models, settings]

/** Starts a mock. `port` 0 takes a free one. */
export async function start({ port = 0, world = new World() } = {}) {
  const routes = areas.flatMap((area) => area(world))
  const server = createServer((request, response) => void answerRequest(world, routes, request, response))
  const sockets = new Set()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket) => {
    const token = String(request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/).find((p) => p.startsWith('bearer.'))
    const known = token !== undefined && world.knows(token.slice(7), request.headers.cookie)
    if (request.url !== '/api/v1/stream' || !known || request.headers.origin !== world.origin) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    live(world, acceptSocket(request, socket)).token = token.slice(7)
  })
  await new Promise((ready, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', ready)
  })
  world.origin = `http://127.0.0.1:${server.address().port}`
  return {
    world,
    url: world.origin,
    /** A fresh link, as `boxagnts open` prints it. */
    link: (path = '/') => `${world.origin}${path}#code=${world.newCode()}`,
    stop: () =>
      new Promise((done) => {
        world.end()
        server.close(done)
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export { Refusal, World }

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const world = new World()
  const mock = await start({ port: Number(process.env.MOCK_PORT ?? 30099), world })
  console.log(`mock server: ${mock.link()}`)
  console.log(`a code that lasts, for this mock alone: ${mock.url}/#code=${(world.lasting = randomBytes(8).toString('hex'))}`)
}
