// The mock's WebSocket: what a page watches, and from where it goes on.

/** The most journal events in one reset. */
const mostInReset = 1000

export function live(world, socket) {
  const peer = { watches: new Set(), send: (frame) => socket.send(JSON.stringify(frame)), close: socket.close, token: null }
  world.peers.add(peer)
  socket.onclose = () => world.peers.delete(peer)
  socket.onmessage = (text) => {
    const frame = JSON.parse(text)
    world.heard?.(frame)
    if (frame.type === 'unwatch') peer.watches.delete(frame.session)
    if (frame.type === 'watch') watch(world, peer, frame)
  }
  peer.send({ type: 'hello', version: '0.1.0', epoch: world.epoch })
  return peer
}

function watch(world, peer, { session: id, epoch, after }) {
  const session = world.sessions.get(id)
  if (!session) return peer.send({ type: 'problem', session: id, message: 'there is no such session' })
  peer.watches.add(id)
  const before = session.n - session.frames.length
  const knows = epoch === world.epoch && after !== undefined && after >= before && after <= session.n
  if (!knows) {
    const settled = session.settled()
    const events = settled.slice(-mostInReset)
    peer.send({
      type: 'reset', session: id, epoch: world.epoch, held: !session.holder, events,
      first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? 0, total: settled.length,
    })
  }
  if (!session.running && !knows) return
  for (const frame of session.frames) if (!knows || frame.n > after) peer.send({ type: 'event', session: id, ...frame })
}
