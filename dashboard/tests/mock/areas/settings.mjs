// What the page for settings asks: a file with a digest, and a reader that knows a few keys.

import { createHash } from 'node:crypto'
import { Refusal, route } from '../http.mjs'

const sha = (text) => createHash('sha256').update(text).digest('hex')
const known = ['record.location', 'limits.timeout', 'limits.memory', 'flow.rule-of-two', 'flow.private', 'agent.access', 'approvals.expire-after', 'network.block']

/** Reads `[table]` and `key = value`; the rest is an error with its line. */
function read(text) {
  const values = {}
  let table = ''
  text.split('\n').forEach((line, i) => {
    const words = line.replace(/#.*$/, '').trim()
    if (words === '') return
    const head = /^\[([a-z.-]+)\]$/.exec(words)
    const pair = /^([a-z-]+) *= *(.+)$/.exec(words)
    if (head) table = head[1]
    else if (!pair) throw new Refusal(422, 'bad_request', `line ${i + 1}: this is no TOML: expected a key and a value`)
    else {
      const key = `${table}.${pair[1]}`
      const near = known.find((one) => one.startsWith(key.slice(0, key.length - 2)))
      if (!known.includes(key)) throw new Refusal(422, 'bad_request', `line ${i + 1}: there is no setting “${key}”${near ? `; did you mean “${near}”?` : ''}`)
      values[key] = { value: pair[2].replaceAll('"', ''), line: i + 1 }
    }
  })
  return values
}

const defaults = { 'record.location': 'data', 'limits.timeout': '30s', 'limits.memory': '64MiB', 'flow.rule-of-two': 'ask', 'flow.private': '[]', 'agent.access': 'full', 'approvals.expire-after': '24h', 'network.block': '[]' }

export default (world) => {
  world.config = '# What this program was told.\n[limits]\ntimeout = "20s"     # every tool\n\n[flow]\nprivate = ["/workspace/.env*"]\n'
  world.checks = [
    { name: 'second wall', state: 'ok', text: 'Landlock ABI 5 holds each call to its folders', cure: null },
    { name: 'journal', state: 'ok', text: '5 sessions, all readable but one', cure: null },
    { name: 'model', state: 'warn', text: 'only demo/tour can be used without a key', cure: 'set a key on the page Models' },
    { name: 'session “Old import”', state: 'bad', text: 'event 17 does not fit its digest', cure: 'boxagnts session export 01JDASH0000000000000000005, then delete it' },
  ]
  let restart = false
  const answer = () => {
    let said = {}
    let problem = null
    try {
      said = read(world.config)
    } catch (refusal) {
      problem = refusal.message
    }
    const values = known.map((key) => ({
      key,
      value: said[key]?.value ?? defaults[key],
      origin: said[key] ? `~/.config/boxagnts/config.toml:${said[key].line}` : 'built-in default',
    }))
    return { path: '~/.config/boxagnts/config.toml', text: world.config, digest: sha(world.config), values, problem, restart_needed: restart }
  }
  return [
    route('GET', '/settings', answer),
    route('PUT', '/settings', ({ body }) => {
      if (body.digest !== sha(world.config)) throw new Refusal(409, 'conflict', 'the file was changed meanwhile', 'look at what it has now')
      read(body.text)
      restart = /location/.test(body.text)
      world.config = body.text
      world.changed('settings')
      return answer()
    }),
    route('GET', '/doctor', () => ({ checks: world.checks })),
  ]
}
