// Commands that begin with a slash. A page gives what they do; here is what they are called.

import type { Mode } from '#src/api/types'
import { text } from '#text/chat'

export type CommandName = keyof typeof text.commands

export interface Command {
  name: CommandName
  words: string
  /** What may follow, for the list. */
  wants: string
}

const wants: Partial<Record<CommandName, string>> = { new: '[message]', model: '[name]', mode: '[name]', export: '[md|json]' }

export const commands: Command[] = (Object.keys(text.commands) as CommandName[]).map((name) => ({
  name,
  words: text.commands[name],
  wants: wants[name] ?? '',
}))

/** Names that people know from other agents. */
const aliases: Record<string, CommandName> = {
  quit: 'new', sessions: 'resume', continue: 'resume', usage: 'cost', context: 'cost', status: 'cost', keys: 'help',
  config: 'settings', doctor: 'settings', save: 'export', abort: 'stop', trace: 'traces', why: 'permissions',
}

/** `/model x` gives its name and what follows; `unknown` is a name that is none. `null`: no command. */
export function parseCommand(words: string): { name: CommandName; rest: string } | { unknown: string } | null {
  const found = /^\/([a-z-]+)(?:\s+([\s\S]*))?$/i.exec(words.trimEnd())
  if (!found || words.startsWith(' ')) return null
  const said = (found[1] ?? '').toLowerCase()
  const name = commands.find((command) => command.name === said)?.name ?? aliases[said]
  return name ? { name, rest: (found[2] ?? '').trim() } : { unknown: said }
}

const modeAliases: Record<string, Mode> = {
  manual: 'ask', default: 'ask', acceptedits: 'accept-edits', dontask: 'dont-ask', bypasspermissions: 'bypass',
}

/** The mode of that name, ours or the one that other agents use. */
export function modeOf(said: string, known: readonly Mode[]): Mode | null {
  const name = said.toLowerCase()
  return known.find((mode) => mode === name) ?? modeAliases[name.replaceAll('-', '')] ?? null
}

/** The word before the caret that begins with `@`, where a file may be named. */
export function mentionAt(words: string, caret: number): { from: number; query: string } | null {
  const found = /(?:^|\s)@([^\s@]*)$/.exec(words.slice(0, caret))
  return found ? { from: caret - (found[1] ?? '').length - 1, query: found[1] ?? '' } : null
}

/** A fence that nothing inside can end. */
export function fenced(name: string, content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence} ${name}\n${content.replace(/\n?$/, '\n')}${fence}`
}
