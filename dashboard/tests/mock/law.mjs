// The law of the mock: a small imitation of the real one, enough for the pages to show each kind of answer.

import { createHash } from 'node:crypto'

const reads = ['/workspace', '/folders', '/skills', '/results', '/tmp'].map((path) => `fs.read:${path}`)
const writes = ['/workspace', '/folders', '/tmp'].map((path) => `fs.write:${path}`)
const defaults = 'built-in defaults'
const property = (type, description) => ({ type, description })

const tool = (name, level, summary, permissions, effects, properties, required, more = {}) => ({
  name,
  version: '0.1.0',
  summary,
  description: `${summary} Paths begin at /workspace. What is left out of a long result can be read from /results.`,
  level,
  origin: 'built in',
  digest: createHash('sha256').update(name).digest('hex'),
  built_in: true,
  permissions,
  effects,
  limits: ['timeout 30s', 'memory 64MiB', 'files-written 10000', 'bytes-written 256MiB', 'model-output 64KiB', 'http-requests 100'],
  input_schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', additionalProperties: false, properties, required },
  ...more,
})

export const toolCards = () => [
  tool('bash', 'write', 'Run a shell script in the sandbox, with the workspace as its disk.', [...reads, ...writes], [],
    { script: property('string', 'The script, of one line or many.'), stdin: { type: ['string', 'null'], description: 'What it reads from standard input.' } }, ['script'],
    { limits: ['timeout 1m, from its manifest', 'memory 128MiB, from its manifest', 'files-written 500, from the settings', 'bytes-written 256MiB'] }),
  tool('edit', 'write', 'Replace text in a file.', [reads[0], reads[1], reads[4], ...writes], ['fs.read:${path}', 'fs.write:${path}'],
    { path: property('string', 'The file.'), old: property('string', 'What goes.'), new: property('string', 'What comes.') }, ['path', 'old', 'new']),
  tool('glob', 'read-only', 'Find files by a glob pattern.', reads, [], { pattern: property('string', 'Such as **/*.rs.') }, ['pattern']),
  tool('grep', 'read-only', 'Search the contents of files with a regular expression.', reads, [],
    { pattern: property('string', 'A regular expression.'), path: property('string', 'Where to search.') }, ['pattern']),
  tool('read', 'read-only', 'Read a text file with line numbers, or look at an image.', reads, ['fs.read:${path}'],
    { path: property('string', 'The file.'), limit: { type: 'integer', minimum: 1, description: 'Lines at most.' } }, ['path']),
  tool('weather', 'read-only', 'Look up the weather of a place.', ['network.get:https://api.weather.example', 'fs.read:/workspace'], ['network.get:https://api.weather.example/${place}'],
    { place: property('string', 'A town.') }, ['place'], { built_in: false, origin: 'the workspace, .boxagnts/tools/weather', version: '1.2.0' }),
  tool('web_fetch', 'read-only', 'Fetch a page of the web and read it as Markdown.', ['network.get:*', 'secret:*@*'], ['network.get:${url}'],
    { url: property('string', 'The address.'), headers: { type: 'object', description: 'Headers of the request.' } }, ['url']),
  tool('write', 'write', 'Write a whole file, creating missing folders.', writes, ['fs.write:${path}'],
    { path: property('string', 'The file.'), content: property('string', 'All of it.') }, ['path', 'content']),
]

const covers = (pattern, effect) => {
  if (pattern === effect) return true
  const [family, what = ''] = [pattern.split(':', 1)[0], pattern.slice(pattern.indexOf(':') + 1)]
  const [doing, to = ''] = [effect.split(':', 1)[0], effect.slice(effect.indexOf(':') + 1)]
  if (family !== doing && !(family === 'network' && doing === 'network.get')) return false
  return what === '*' || to === what || to.startsWith(what.endsWith('/') ? what : `${what}/`)
}

const asks = ['fs.write:/workspace', 'fs.write:/folders', 'network:*', 'exec:*', 'mcp:*']
const allows = [...reads, 'fs.write:/tmp']
const ends = ['protected paths', 'denies', 'ceilings', 'plan mode', 'the person\'s answer', 'the command line', 'the person\'s grants', 'the user\'s configuration', 'the built-in defaults', 'what ceilings ask']

/** Why an effect is decided as it is, in the words of the real law. */
export function explain(grants, { effect, tool = null, mode = 'ask' }) {
  const card = tool ? toolCards().find((one) => one.name === tool) : null
  const builtIn = card?.built_in ?? true
  const found = {}
  const at = (stage, rule) => {
    found[stage] = rule
    return rule
  }
  const grant = grants.find((one) => covers(one.capability, effect) && (one.tool ? one.tool === tool : builtIn))
  const asked = builtIn && asks.find((rule) => covers(rule, effect))
  const allowed = builtIn && allows.find((rule) => covers(rule, effect))
  let [verdict, rule] = ['deny', 'the rules, none of which names it']
  if (/\/\.(git|boxagnts)(\/|$)/.test(effect) && effect.startsWith('fs.write')) [verdict, rule] = ['deny', at('protected paths', 'deny writing protected paths')]
  else if (mode === 'plan' && !effect.startsWith('fs.read')) [verdict, rule] = ['deny', at('plan mode', 'plan mode changes nothing')]
  else if (grant) [verdict, rule] = ['allow', at('the person\'s grants', `allow ${grant.capability} (grant ${grant.id.slice(-6)})`)]
  else if (allowed) [verdict, rule] = ['allow', at('the built-in defaults', `allow ${allowed} (${defaults})`)]
  else if (asked) [verdict, rule] = ['ask', at('the built-in defaults', `ask ${asked} (${defaults})`)]
  if (verdict === 'ask' && mode === 'dont-ask') [verdict, rule] = ['deny', at('the mode dont-ask', 'the mode dont-ask')]
  if (verdict === 'ask' && (mode === 'bypass' || (mode === 'accept-edits' && effect.startsWith('fs.write')))) [verdict, rule] = ['allow', at(`the mode ${mode}`, `the mode ${mode}`)]
  const steps = [...ends, `the mode ${mode}`].map((stage) => ({ at: stage, rule: found[stage] ?? (stage.startsWith('the mode') && found['the built-in defaults'] ? found['the built-in defaults'] : null) }))
  const shut = rule.includes('protected') || rule.includes('plan mode')
  return {
    effect, verdict, rule, steps,
    needs: verdict === 'allow' || shut ? null : effect,
    instead: shut ? 'no grant can lift this' : null,
    tool, built_in: builtIn,
    opening: verdict === 'allow' || shut ? null : 'grant',
  }
}

/** The matrix of all tools. */
export function matrix(grants, mode) {
  return {
    rows: toolCards().map((card) => ({
      tool: card.name,
      built_in: card.built_in,
      cells: card.permissions.map((capability) => {
        const { verdict, rule } = explain(grants, { effect: capability, tool: card.name, mode })
        const inside = /\(([^)]*)\)$/.exec(rule)?.[1]
        return { capability, verdict, rule, layer: inside ?? rule }
      }),
    })),
  }
}
