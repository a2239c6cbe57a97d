// Words of the page Models.

/** What a key that is kept here is bound to. */
const bound = (origin: string | null) =>
  origin === null ? 'It is sent to this provider alone.' : `It is bound to ${origin}: another server, set later, does not get it.`

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
    states: { none: 'not set', environment: 'set in the environment', stored: 'kept here', other: 'set' },
    fromEnvironment: (name: string) =>
      `From the variable ${name} that the program was started with. It wins over a key that is kept here: to use one, start the program without the variable.`,
    fromHere: (origin: string | null) => `In a file that only your user can read. ${bound(origin)}`,
    without: 'Requests go without one.',
    set: 'Set a key',
    setNamed: (provider: string) => `Set a key for ${provider}`,
    replace: 'Replace',
    replaceNamed: (provider: string) => `Replace the key for ${provider}`,
    forget: 'Forget',
    forgetNamed: (provider: string) => `Forget the key for ${provider}`,
    value: 'New key',
    hint: (origin: string | null) => `${bound(origin)} It is not shown again, not even to you. Sessions that begin from now on use it.`,
    wrong: (message: string) => `Not kept: ${message}. Give it once more; the field was emptied.`,
    notKept: 'The key could not be kept',
    keep: 'Keep this key',
    keeping: 'Keeping …',
    kept: (provider: string) => `Kept: the key for ${provider}`,
    forgetTitle: 'Forget this key?',
    forgetting: 'Forgetting …',
    forgetSays: 'Sessions that begin from now on do without it; one that is open keeps what it began with. The key cannot be brought back.',
    forgotten: (provider: string) => `Forgotten: the key for ${provider}`,
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
