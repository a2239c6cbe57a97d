// What the page for tools asks.

import { Refusal, route } from '../http.mjs'
import { toolCards } from '../law.mjs'

export default (world) => {
  world.status.left_out = ['.boxagnts/tools/old-tool: its component imports wasi:sockets/tcp, which no tool gets']
  return [
    route('GET', '/tools', () => ({ tools: toolCards() })),
    route('GET', '/tools/:name', ({ params }) => {
      const found = toolCards().find((card) => card.name === params.name)
      if (!found) throw new Refusal(404, 'not_found', `there is no tool ${params.name}`, 'look at the list of tools')
      return found
    }),
  ]
}
