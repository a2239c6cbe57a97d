// Words of the list of keys.

export const text = {
  title: 'Keys',
  everywhere: 'Everywhere',
  chat: 'In the chat',
  question: 'When a question waits',
  letters: 'Letters alone are commands too (Y, S, N, G, I, ?). Switch this off if you dictate or press keys by accident.',
  list: {
    palette: 'find a page, session or command',
    keys: 'show this list',
    close: 'close what is open; in the chat: stop the turn',
    go: 'go to a page: C chat, S sessions, P permissions, R traces, A audit, T tools, F files, M models, E settings',
    write: 'write a message',
    send: 'send',
    line: 'new line',
    mention: 'name a file of the workspace',
    command: 'a command',
    earlier: 'bring back what you said last (in an empty field)',
    yes: 'yes, once',
    session: 'yes, for this session',
    no: 'no',
    next: 'to the question, from wherever you write',
  },
}
