// What the page for models asks.

import { route } from '../http.mjs'

export default (world) => {
  world.providers = [
    { name: 'demo', text: 'A model of the program itself that needs nothing and knows one tour.', ready: true, missing: null, origin: 'built in', models: ['demo/tour'], key: null, prices: [{ model: 'demo/tour', input: 0, output: 0 }] },
    {
      name: 'openai', text: 'The Responses API of OpenAI, or whatever speaks it at OPENAI_BASE_URL.', ready: true, missing: null, origin: 'the environment',
      models: ['openai/gpt-6', 'openai/gpt-6-mini', 'openai/gpt-6-nano'], key: { name: 'OPENAI_API_KEY', set: true, from: 'environment' },
      prices: [{ model: 'openai/gpt-6', input: 1.25, output: 10 }, { model: 'openai/gpt-6-mini', input: 0.25, output: 2 }],
    },
    { name: 'anthropic', text: 'The Messages API of Anthropic.', ready: false, missing: 'its key: ANTHROPIC_API_KEY', origin: null, models: ['anthropic/claude-opus-5'], key: { name: 'ANTHROPIC_API_KEY', set: false, from: null }, prices: [] },
    { name: 'ollama', text: 'Models on this machine.', ready: false, missing: 'a server: nothing answers at 127.0.0.1:11434. Start ollama, or set OLLAMA_HOST', origin: null, models: [], key: null, prices: [] },
  ]
  return [
    route('GET', '/models', () => ({ providers: world.providers, default_model: world.status.default_model })),
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
