// What the scripted model of the mock does. The first word of the prompt chooses; anything else is the tour.

const defaults = '(built-in defaults)'
const readNotes = {
  tool: 'read',
  input: { path: 'README.md' },
  effects: [{ effect: 'fs.read:/workspace/README.md', rule: `allow fs.read:/workspace ${defaults}` }],
  content: [{ kind: 'text', text: '1\t# Notes\n2\t\n3\tWhat I keep for later: käse, 東京, 🧀.\n' }],
}
const writeSummary = {
  tool: 'write',
  input: { path: 'summary.md', content: '# Summary\n\nThree notes, one of them about cheese.\n' },
  effects: [{ effect: 'fs.write:/workspace/summary.md', rule: `ask fs.write:/workspace ${defaults}` }],
  ask: {
    effects: ['fs.write:/workspace/summary.md'],
    changes: '/workspace/summary.md: created, 58 bytes\n@@ -0,0 +1,3 @@\n+# Summary\n+\n+Three notes, one of them about cheese.\n',
  },
  content: [{ kind: 'text', text: 'created summary.md (3 lines)' }],
}
const refusedKey = {
  tool: 'bash',
  input: { script: 'cat ~/.ssh/id_ed25519' },
  outcome: 'denied',
  refused: [{ effect: 'fs.read:/home/ada/.ssh/id_ed25519', rule: 'no rule names it' }],
  content: [{ kind: 'text', text: 'refused: fs.read:/home/ada/.ssh/id_ed25519 is outside of what was granted' }],
}

async function tour(s) {
  await s.think('The person wants a summary. I read the notes first.')
  await s.text('I read the notes first. ')
  await s.calls(readNotes)
  await s.text('Now I write the **summary**.')
  const [outcome] = await s.calls(writeSummary)
  await s.text(
    outcome === 'done'
      ? 'Done. `summary.md` holds:\n\n* three notes\n* one about *cheese* 🧀\n\n| note | words |\n| --- | ---: |\n| käse | 12 |\n| 東京 | 30 |\n'
      : 'I did not write it, as you said no. The summary would have been: three notes, one about cheese.',
  )
  return s.answerEnds()
}

async function plain(s) {
  await s.text('A plain answer with some *words*, `code` and a [link](https://example.org/).')
  return s.answerEnds()
}

async function refuse(s) {
  await s.text('I try to look at the key.')
  await s.calls(refusedKey)
  await s.text('I may not read that, and that is good.')
  return s.answerEnds()
}

async function several(s) {
  const other = structuredClone(writeSummary)
  other.input.path = 'second.md'
  other.effects[0].effect = other.ask.effects[0] = 'fs.write:/workspace/second.md'
  other.ask.changes = other.ask.changes.replaceAll('summary.md', 'second.md')
  const net = {
    tool: 'fetch',
    input: { url: 'https://example.org/report' },
    effects: [{ effect: 'network:https://example.org', rule: `ask network:* ${defaults}` }],
    ask: {
      effects: ['network:https://example.org'],
      flow: 'This session has read untrusted text (https://blog.example) and private data (/workspace/.env). The call would send to example.org.',
      remembered: ['network:https://example.org (GET), while the session holds /workspace/.env'],
    },
    content: [{ kind: 'json', value: { title: 'Report', items: [1, 2, { deep: [true, null] }] } }],
    label: { untrusted: ['https://example.org'] },
  }
  await s.text('Three things at once.')
  await s.calls(writeSummary, other, net)
  await s.text('All answered.')
  return s.answerEnds()
}

async function slow(s) {
  await s.calls({ tool: 'bash', input: { script: 'make test' }, progress: Array.from({ length: 40 }, (_, i) => [`${i * 10} of 400 files`, i / 40]), content: [{ kind: 'text', text: 'ok' }] })
  await s.text('Word by word. '.repeat(400), 4)
  return s.answerEnds()
}

async function fails(s) {
  await s.text('I beg')
  s.answerEnds()
  return { reason: 'model_failed', text: '', error: 'the model cannot be reached: connection refused' }
}

async function pictures(s) {
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC'
  await s.calls({ tool: 'read', input: { path: 'logo.png' }, content: [{ kind: 'image', media_type: 'image/png', bytes: pixel }] })
  await s.text('The logo: ![the logo](logo.png) and one from elsewhere: ![spy](https://evil.example/x.png)')
  return s.answerEnds()
}

const scripts = { tour, plain, refuse, several, slow, fail: fails, picture: pictures }

/** The script for a prompt; `echo TEXT` says TEXT, which is how tests put anything on the screen. */
export function scriptFor(prompt) {
  const [word] = prompt.split(/\s/, 1)
  if (word === 'echo') {
    return async (s) => {
      await s.text(prompt.slice(5), 200)
      return s.answerEnds()
    }
  }
  return scripts[word] ?? tour
}
