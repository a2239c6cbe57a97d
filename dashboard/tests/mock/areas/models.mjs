// What the page for models asks.

import { Refusal, route } from '../http.mjs'

export default (world) => {
  world.providers = [
    { name: 'demo', text: 'A model of the program itself that needs nothing and knows one tour.', ready: true, missing: null, origin: null, models: ['demo/tour'], key: null, prices: [{ model: 'demo/tour', input: 0, output: 0 }] },
    {
      name: 'openai', text: 'The Responses API of OpenAI, or whatever speaks it at OPENAI_BASE_URL.', ready: true, missing: null, origin: 'https://api.openai.com',
      models: ['openai/gpt-6', 'openai/gpt-6-mini', 'openai/gpt-6-nano'], key: { name: 'OPENAI_API_KEY', set: true, from: 'environment' },
      prices: [{ model: 'openai/gpt-6', input: 1.25, output: 10 }, { model: 'openai/gpt-6-mini', input: 0.25, output: 2 }],
    },
    { name: 'anthropic', text: 'The Messages API of Anthropic.', ready: false, missing: 'its key: ANTHROPIC_API_KEY', origin: 'https://api.anthropic.com', models: ['anthropic/claude-opus-5'], key: { name: 'ANTHROPIC_API_KEY', set: false, from: null }, prices: [] },
    { name: 'mistral', text: 'The models of Mistral.', ready: true, missing: null, origin: 'https://api.mistral.ai', models: ['mistral/large'], key: { name: 'MISTRAL_API_KEY', set: true, from: 'stored' }, prices: [] },
    { name: 'ollama', text: 'Models on this machine.', ready: false, missing: 'a server: nothing answers at 127.0.0.1:11434. Start ollama, or set OLLAMA_HOST', origin: null, models: [], key: null, prices: [] },
  ]
  /** The keys that are kept, for a test to look at; no answer holds one. */
  world.keys = { mistral: 'kept-long-ago' }
  const keyed = (name) => {
    const found = world.providers.find((provider) => provider.name === name)
    if (!found) throw new Refusal(404, 'not_found', `there is no provider ${JSON.stringify(name)}`)
    if (!found.key) throw new Refusal(422, 'bad_request', `the provider ${name} needs no key`)
    return found
  }
  const keep = (provider, value) => {
    if (value === null) delete world.keys[provider.name]
    else world.keys[provider.name] = value
    // The variable wins over what is kept.
    if (provider.key.from !== 'environment') {
      const set = value !== null
      provider.key = { ...provider.key, set, from: set ? 'stored' : null }
      Object.assign(provider, { ready: set, missing: set ? null : `its key: ${provider.key.name}` })
    }
    world.changed('models')
    return provider
  }
  return [
    route('GET', '/models', () => ({ providers: world.providers, default_model: world.status.default_model })),
    route('PUT', '/models/:provider/key', ({ params, body }) => {
      const provider = keyed(params.provider)
      const value = body.value.trim()
      if (!/^[!-~]{1,4096}$/.test(value)) throw new Refusal(422, 'bad_request', 'a key is one line of printable characters without spaces, at most 4096 of them')
      return keep(provider, value)
    }),
    route('DELETE', '/models/:provider/key', ({ params }) => keep(keyed(params.provider), null)),
    route('POST', '/models/test', async ({ body }) => {
      await new Promise((done) => world.after(300, done))
      const bad = body.model.endsWith('nano')
      return {
        model: body.model, session: '01JDASH0000000000000000002', ok: !bad,
        completion: { ok: true, text: 'Hello. I am here.', millis: 812 },
        tool_call: bad ? { ok: false, text: 'it wrote about the tool and did not call it', millis: 640 } : { ok: true, text: 'it called “read” as asked', millis: 1240 },
        usage: { input: 912, output: 48 }, error: bad ? 'the model does not call tools' : null,
      }
    }),
  ]
}
