// Words of the page Models.

export const text = {
  title: 'Models',
  lead: 'Who answers. A test makes a real completion and a real tool call.',
  what: { models: 'the models' },
  ready: 'ready',
  notReady: 'not ready',
  missing: 'Missing',
  default: 'default',
  noModels: 'No model of this provider is known here. Any name that it knows can be used in a chat: PROVIDER/MODEL.',
  find: 'Find a model',
  count: (shown: number, all: number) => (shown === all ? `${all} models` : `${shown} of ${all} models`),
  emptyTitle: 'No providers',
  empty: 'No provider of models is known to this program.',

  key: {
    label: 'Key',
    set: 'set in the environment',
    notSet: 'not set',
    how: (name: string) => `Set ${name} in the environment of the program and start it again. The page is never told its value.`,
  },

  table: {
    perMillion: 'dollars for a million tokens, in and out',
    free: 'free',
    noPrice: 'no price',
  },
  test: {
    button: 'Test',
    other: 'Another model, by its name',
    named: (model: string) => `Test ${model}`,
    busy: 'Testing …',
    hint: 'A test costs what two short requests cost.',
    prices: 'Prices are dollars for a million tokens, in and out.',
    failedToStart: 'The test could not be made',
    ok: 'This model works here',
    notOk: 'This model does not work here',
    completion: 'Answers',
    toolCall: 'Calls a tool',
    yes: 'yes',
    no: 'no',
    after: (millis: string) => `after ${millis}`,
    tokens: (input: string, output: string) => `${input} tokens in, ${output} out`,
    session: 'Its session',
  },
}
