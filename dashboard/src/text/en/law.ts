// Words for what the law says, on whatever page it stands: verdicts, modes, and what a capability means.

import type { Mode } from '#src/api/types'

const verdicts = { allow: 'yes', ask: 'asks', deny: 'no' }

/** The name of a mode, and what it makes of a question. */
const modes: Record<Mode, { name: string; says: string }> = {
  ask: { name: 'Ask', says: 'Where a rule says “ask”, the call waits for your answer.' },
  'accept-edits': { name: 'Accept edits', says: 'Files of the workspace are changed without a question. All else waits for your answer.' },
  plan: { name: 'Plan', says: 'Nothing is changed and nothing leaves this machine. The agent reads and proposes.' },
  'dont-ask': { name: 'Don’t ask', says: 'What would be a question is a no. Nobody is interrupted.' },
  bypass: { name: 'Bypass', says: 'What would be a question is a yes for the built-in tools. What is denied stays denied, and receipts are written.' },
}

/** What a capability lets a tool do, by the word before its colon; the rest of it is put in. */
const readings: Record<string, (what: string) => string> = {
  'fs.read': (what) => `read ${what}`,
  'fs.write': (what) => `create, change and delete ${what}`,
  network: (what) => `send requests of any kind to ${what}`,
  'network.get': (what) => `fetch from ${what}`,
  env: (what) => `see the variable ${what}`,
  secret: (what) => `use the secret ${what}`,
  'agent.spawn': (what) => `delegate to the agent ${what}`,
  'memory.read': () => 'read the memory',
  'memory.write': () => 'write to the memory',
  'schedule.write': () => 'change the schedule',
  exec: (what) => `run the program ${what}`,
  mcp: (what) => `call the remote tool ${what}`,
}

export const text = {
  verdicts,
  modes,
  mode: 'Permission mode',
  readings,
  anything: 'any public address',
  anyProgram: 'of any name',
  everySecret: 'of any name, towards its own host',
  /** Heads of groups of columns. */
  families: {
    'fs.read': 'Read files',
    'fs.write': 'Write files',
    network: 'Send requests',
    'network.get': 'Fetch pages',
    secret: 'Use secrets',
    env: 'See variables',
    exec: 'Run programs',
    'agent.spawn': 'Delegate',
    'memory.read': 'Remember',
    'memory.write': 'Memorise',
    'schedule.write': 'Schedule',
    mcp: 'Remote tools',
  } as Record<string, string>,
}
