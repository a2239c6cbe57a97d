// A workspace in which something happened: what the pages are looked at with.

import type { House, Reply } from './house'

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC', 'base64')

const invoice = `# Invoices

Each file in \`2026/\` is one invoice. The sum of a month goes into \`SUMMARY.md\`.
`
const summary = `# Summary

| month | sum |
| --- | ---: |
| October | 1,204.00 |
`
export const newSummary = `# Summary

| month | sum |
| --- | ---: |
| October | 1,204.00 |
| November | 2,310.50 |

Two invoices are open: 2026-11-a and 2026-11-c.
`

const call = (tool: string, input: unknown) => ({ tool, input })

/** What the model says, in the order of [`furnish`]. */
export const replies: Reply[] = [
  {
    thinking: 'The person wants the sum of November. I look which invoices there are, then at what is open, and write the row.',
    text: 'I look at what is there first.',
    calls: [call('glob', { pattern: '2026/*.md' }), call('read', { path: 'README.md' })],
    usage: { input: 1840, output: 61 },
  },
  { calls: [call('grep', { pattern: 'open', mode: 'content' }), call('read', { path: '/home/ada/.ssh/id_ed25519' })], usage: { input: 2310, output: 48 } },
  { text: 'Three invoices, two of them open. I write the row down.', calls: [call('write', { path: 'SUMMARY.md', content: newSummary })], usage: { input: 2790, output: 190 } },
  {
    text: 'November is in `SUMMARY.md` now.\n\n| invoice | sum | state |\n| --- | ---: | --- |\n| 2026-11-a | 900.00 | open |\n| 2026-11-b | 410.50 | paid |\n| 2026-11-c | 1,000.00 | open |\n\nYour key in `~/.ssh` was refused to me, which is as it should be: I do not need it.',
    usage: { input: 3020, output: 120 },
  },
  { text: 'I ask the bank.', calls: [call('web_fetch', { url: 'https://bank.example/rates' }), call('bash', { script: 'ls 2026 | wc -l; sort 2026/*.md | head -3; echo x > /etc/passwd' })], usage: { input: 900, output: 30 } },
  { text: 'The bank may not be asked from here, and nothing but the workspace is mine to write.', usage: { input: 1200, output: 22 } },
  { status: 400, body: JSON.stringify({ error: { message: 'this model takes no images', type: 'invalid_request_error' } }) },
]
/** What is asked last, and waits for an answer. */
export const waiting: Reply[] = [
  { thinking: 'A short list is enough.', text: 'I put the open ones on a list.', calls: [call('read', { path: 'SUMMARY.md' })], usage: { input: 1500, output: 40 } },
  { calls: [call('edit', { path: 'SUMMARY.md', old: 'Two invoices are open: 2026-11-a and 2026-11-c.', new: '## To be paid\n\n- [ ] 2026-11-a, 900.00\n- [ ] 2026-11-c, 1,000.00' })], usage: { input: 1700, output: 80 } },
  { text: 'Done.' },
]

/** Files, settings and tools, before the server starts. */
export function prepare(house: House): void {
  house.write('README.md', invoice)
  house.write('SUMMARY.md', summary)
  for (const [name, state, sum] of [['a', 'open', '900.00'], ['b', 'paid', '410.50'], ['c', 'open', '1,000.00']]) {
    house.write(`2026/2026-11-${name}.md`, `# Invoice 2026-11-${name}\n\nSum: ${sum}\nState: ${state}\n`)
  }
  house.write('logo.png', png)
  house.write('data.bin', Uint8Array.from([0, 1, 2, 255]))
  house.write('.boxagnts/config.toml', '[policy]\ndeny = ["fs.write:/workspace/2026"]\n')
  house.settings('[limits]\ntimeout = "20s"\n\n[policy]\ndeny = ["fs.write:/workspace/.env"]\n')
}

/** Sessions, grants and a secret; gives the first session. */
export async function furnish(house: House): Promise<string> {
  await house.run('grant', 'add', 'fs.write:/workspace/out', '--expires', '8h')
  await house.run('grant', 'add', 'network.get:https://docs.example.com', '--for', 'web_fetch')
  await house.ask('PUT', '/secrets/BANK_TOKEN', { host: 'bank.example', methods: ['GET'], value: 'a-value-of-no-use' })
  const { id } = await house.ask<{ id: string }>('POST', '/sessions', {})
  await house.ask('POST', `/sessions/${id}/turns`, { text: 'Add November to the summary' })
  const [asked] = await house.questions()
  if (!asked) throw new Error('nothing was asked')
  await house.ask('POST', `/sessions/${id}/questions/${asked.call}`, { fingerprint: asked.fingerprint, answer: 'once' })
  await house.idle(id)
  await house.session('What are the rates of my bank?', { mode: 'dont-ask' })
  await house.session('What is in this picture?')
  return id
}

/** A session that waits for an answer; gives it. */
export async function ask(house: House): Promise<string> {
  const { id } = await house.ask<{ id: string }>('POST', '/sessions', {})
  await house.ask('POST', `/sessions/${id}/turns`, { text: 'Make a list of what is to be paid' })
  await house.questions()
  return id
}
