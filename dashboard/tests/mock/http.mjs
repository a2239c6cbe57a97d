// Requests and answers of the mock: the login is checked as the gateway checks it, the files of dist are sent with the
// gateway's policy.

import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

const dist = new URL('../../dist/', import.meta.url)
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const mostBytes = 16_000_000

/** A request that is answered with a `Problem`. */
export class Refusal extends Error {
  constructor(status, code, message, cure = null, busyWith = null) {
    super(message)
    Object.assign(this, { status, code, cure, busyWith })
  }
}

/** A route: `handle` gives the body of the answer, or `{ status, body, headers }` in a `Reply`. */
export class Reply {
  constructor(status, body, headers = {}) {
    Object.assign(this, { status, body, headers })
  }
}

export const route = (method, path, handle, { open = false } = {}) => ({ method, path: path.split('/'), handle, open })

export async function answerRequest(world, routes, request, response) {
  const url = new URL(request.url, world.origin)
  if (!url.pathname.startsWith('/api/v1/')) return sendFile(url.pathname, response)
  try {
    await world.before?.(request, url)
    const reply = await find(world, routes, request, url)
    const known = reply instanceof Reply ? reply : new Reply(200, reply)
    const raw = typeof known.body === 'string'
    response.writeHead(known.status, { 'Content-Type': raw ? 'text/plain' : 'application/json', 'Cache-Control': 'no-store', ...known.headers })
    response.end(known.body === undefined ? '' : raw ? known.body : JSON.stringify(known.body))
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) console.error(thrown)
    const { status = 500, code = 'failed', message, cure = null, busyWith = null } = thrown
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ error: { code, message, cure, busy_with: busyWith } }))
  }
}

async function find(world, routes, request, url) {
  const path = url.pathname.slice('/api/v1'.length).split('/')
  const fitting = routes.filter((r) => r.path.length === path.length && r.path.every((part, i) => part.startsWith(':') || part === path[i]))
  // A fixed word counts more than a place for any.
  const found = fitting.filter((r) => r.method === request.method).sort((a, b) => places(a) - places(b))[0]
  if (!found) throw new Refusal(404, 'not_found', `there is no ${request.method} ${url.pathname}`)
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (!found.open && !world.knows(bearer, request.headers.cookie)) {
    throw new Refusal(401, 'unauthorized', 'this needs a login')
  }
  const writes = request.method !== 'GET'
  if (writes && request.headers.origin !== undefined && request.headers.origin !== world.origin) {
    throw new Refusal(403, 'forbidden', 'another page may not do this')
  }
  const params = Object.fromEntries(found.path.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), decodeURIComponent(path[i])]] : [])))
  const query = Object.fromEntries(url.searchParams)
  const body = writes ? await read(request) : undefined
  return found.handle({ params, query, body, bearer, request })
}

const places = (r) => r.path.filter((part) => part.startsWith(':')).length

async function read(request) {
  const pieces = []
  let bytes = 0
  for await (const piece of request) {
    bytes += piece.length
    if (bytes > mostBytes) throw new Refusal(413, 'too_large', 'the request is too large')
    pieces.push(piece)
  }
  if (bytes === 0) return undefined
  if (!String(request.headers['content-type']).startsWith('application/json')) {
    throw new Refusal(400, 'bad_request', 'a body must be application/json')
  }
  return JSON.parse(Buffer.concat(pieces).toString('utf8'))
}

async function sendFile(path, response) {
  const asset = path.startsWith('/assets/') && !path.includes('..')
  try {
    const bytes = await readFile(new URL(asset ? `.${path}` : './index.html', dist))
    response.writeHead(200, {
      'Content-Type': types[asset ? extname(path) : '.html'] ?? 'application/octet-stream',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': asset ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    response.end(bytes)
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain' })
    response.end('not built: npm run build')
  }
}
