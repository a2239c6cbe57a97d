// What the page for permissions asks.

import { createHash } from 'node:crypto'
import { Refusal, Reply, route } from '../http.mjs'
import { explain, matrix } from '../law.mjs'
import { ulid } from '../world.mjs'

const hour = 3_600_000
const families = /^(fs\.read|fs\.write|network|network\.get|env|secret|agent\.spawn|exec|mcp):.+$|^(memory\.(read|write)|schedule\.write)$/
const sha = (text) => createHash('sha256').update(text).digest('hex')
const at = (ms) => new Date(Date.now() + ms).toISOString()

const readCapability = (text) => {
  if (!families.test(text)) {
    throw new Refusal(400, 'bad_request', `“${text}” is no capability: there is no “${text.split(':')[0]}”`, 'write what is done, a colon, and to what: fs.write:/workspace/out')
  }
}

/** When a grant ends; a span that is none is refused as the real server does it. */
function ending(text) {
  if (!text) return null
  const span = /^(\d+)([smhd])$/.exec(text)
  if (span) return at(Number(span[1]) * { s: 1000, m: 60_000, h: hour, d: 24 * hour }[span[2]])
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new Refusal(400, 'bad_request', `“${text}” is neither a span nor a time`, 'write 8h, 7d, or 2027-01-31T18:00:00Z')
  return new Date(time).toISOString()
}

export default (world) => {
  world.grants = [
    { id: ulid(), capability: 'fs.write:/workspace/out', tool: null, scope: 'workspace', session: null, created: at(-50 * hour), expires: null, by: 'ada' },
    { id: ulid(), capability: 'network.get:https://docs.example.com', tool: 'web_fetch', scope: 'always', session: null, created: at(-hour), expires: at(7 * hour), by: 'ada' },
    { id: ulid(), capability: 'fs.write:/workspace/draft.md', tool: null, scope: 'session', session: '01JDASH0000000000000000001', created: at(-hour / 2), expires: null, by: 'an answer' },
  ]
  world.secrets = [{ name: 'GITHUB_TOKEN', host: 'api.github.com', methods: ['GET'], set: at(-90 * hour) }]
  world.trust = {
    state: 'changed',
    what: ['tools/weather/component.wasm has changed', 'config.toml is new'],
    digest: sha('one'),
    files: [
      { path: 'config.toml', digest: sha('config') },
      { path: 'tools/weather/tool.yaml', digest: sha('yaml') },
      { path: 'tools/weather/component.wasm', digest: sha('wasm') },
    ],
    tools: ['weather'],
    policy: ['deny fs.write:**/*.lock (config.toml:3)', 'ask network:* (config.toml:4)'],
    problem: null,
  }
  world.status.trust = world.trust.state
  const trusted = (state) => {
    Object.assign(world.trust, { state, what: [] })
    world.status.trust = state
    world.changed('trust')
    return world.trust
  }
  return [
    route('GET', '/permissions', ({ query }) => matrix(world.grants, query.mode ?? 'ask')),
    route('GET', '/grants', () => ({ grants: world.grants })),
    route('POST', '/grants', ({ body }) => {
      readCapability(body.capability)
      const made = { id: ulid(), tool: null, session: null, ...body, created: at(0), expires: ending(body.expires), by: 'ada' }
      world.grants.push(made)
      world.changed('grants')
      return new Reply(201, made)
    }),
    route('DELETE', '/grants/:id', ({ params }) => {
      const found = world.grants.find((grant) => grant.id === params.id)
      if (!found) throw new Refusal(404, 'not_found', 'there is no such grant', 'look at the list again')
      world.grants = world.grants.filter((grant) => grant !== found)
      world.changed('grants')
      return found
    }),
    route('POST', '/policy/explain', ({ body }) => {
      readCapability(body.effect)
      return explain(world.grants, body)
    }),
    route('GET', '/trust', () => world.trust),
    route('POST', '/trust', ({ body }) => {
      if (body.digest !== world.trust.digest) throw new Refusal(409, 'conflict', 'what the workspace brings along has changed since it was shown')
      return trusted('trusted')
    }),
    route('DELETE', '/trust', () => trusted('untrusted')),
    route('GET', '/secrets', () => ({ secrets: world.secrets })),
    route('PUT', '/secrets/:name', ({ params, body }) => {
      if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(params.name)) throw new Refusal(400, 'bad_request', 'a name is capital letters, digits and _, the first one a letter')
      if (body.value.length < 8) throw new Refusal(400, 'bad_request', 'a value has 8 to 4096 bytes')
      const card = { name: params.name, host: body.host, methods: body.methods, set: at(0) }
      world.secrets = [...world.secrets.filter((one) => one.name !== card.name), card]
      world.changed('secrets')
      return card
    }),
    route('DELETE', '/secrets/:name', ({ params }) => {
      world.secrets = world.secrets.filter((one) => one.name !== params.name)
      world.changed('secrets')
      return new Reply(204, undefined)
    }),
  ]
}
