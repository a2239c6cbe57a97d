// The state of the server.

import { route } from '../http.mjs'

export default (world) => {
  world.status = {
    version: '0.1.0',
    workspace: '/home/ada/notes',
    workspace_id: '01JDASHWORKSPACE0000000000',
    folders: [{ name: 'papers', path: '/home/ada/papers', writable: false }],
    wall: { state: 'enforced', text: 'Landlock ABI 5 holds each call to its folders' },
    trust: 'nothing',
    models: ['demo/tour', 'openai/gpt-6', 'anthropic/claude-opus-5', 'ollama/qwen4'],
    default_model: 'demo/tour',
    modes: ['ask', 'accept-edits', 'plan', 'dont-ask', 'bypass'],
    access: 'full',
    left_out: [],
    found: null,
  }
  return [
    route('GET', '/status', () => ({ ...world.status, started: world.started, epoch: world.epoch, waiting: world.questions().length })),
  ]
}
