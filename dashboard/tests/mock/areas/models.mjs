// What the page for models asks.

import { Refusal, route } from '../http.mjs'

export default (world) => {
  world.providers = [
    { name: 'demo', text: 'A model of the program itself that needs nothing and knows one tour.', ready: true, missing: null, origin: 'built in', models: ['demo/tour'], key: null, prices: [{ model: 'demo/tour', input: 0, output: 0 }] },
    {
      name: 'openai', text: 'The Responses API of OpenAI, or whatever speaks it at OPENAI_BASE_URL.', ready: true, missing: null, origin: 'the environment',
      models: ['openai/gpt-6', 'openai/gpt-6-mini', 'openai/gpt-6-nano'], key: { name: 'OPENAI_API_KEY', set: true, from: 'environment' },
      prices: [{ model: 'openai/gpt-6', input: 1.25, output: 10 }, { model: 'openai/gpt-6-mini', input: 0.25, output: 2 }],
    },
    { name: 'anthropic', text: 'The Messages API of Anthropic.', ready: false, missing: 'its key: set ANTHROPIC_API_KEY, or set it here', origin: null, models: ['anthropic/claude-opus-5'], key: { name: 'ANTHROPIC_API_KEY', set: false, from: null }, prices: [] },
    { name: 'ollama', text: 'Models on this machine.', ready: false, missing: 'a server: nothing answers at 127.0.0.1:11434. Start ollama, or set OLLAMA_HOST', origin: null, models: [], key: null, prices: [] },
  ]
  const find = (name) => {
    const provider = world.providers.find((one) => one.name === name)
    if (!provider?.key) throw new Refusal(404, 'not_found', `there is no provider ${name} with a key`)
    return provider
  }
  const told = (provider) => {
    world.changed('models')
    return provider
  }
  return [
    route('GET', '/models', () => ({ providers: world.providers, default_model: world.status.default_model })),
    route('PUT', '/models/:provider/key', ({ params, body }) => {
      const provider = find(params.provider)
      if (body.value.length < 8) throw new Refusal(400, 'bad_request', 'a key has at least 8 bytes')
      Object.assign(provider, { ready: true, missing: null, key: { ...provider.key, set: true, from: 'stored' } })
      return told(provider)
    }),
    route('DELETE', '/models/:provider/key', ({ params }) => {
      const provider = find(params.provider)
      Object.assign(provider, { ready: false, missing: `its key: set ${provider.key.name}, or set it here`, key: { ...provider.key, set: false, from: null } })
      return told(provider)
    }),
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
