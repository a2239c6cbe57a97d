// The mock's WebSocket: what a page watches, and from where it goes on.

/** The most journal events in one reset. */
const mostInReset = 1000

export function live(world, socket) {
  const peer = { watches: new Set(), send: (frame) => socket.send(JSON.stringify(frame)), close: socket.close, token: null }
  world.peers.add(peer)
  socket.onclose = () => world.peers.delete(peer)
  socket.onmessage = (text) => {
    const frame = JSON.parse(text)
    // The gateway closes the line for a word that it does not know.
    if (Object.keys(frame).some((key) => !['type', 'session', 'epoch', 'after'].includes(key))) return socket.close(1008)
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
  const live = session.epoch !== null
  const floor = session.n - session.frames.length
  const knows = live && epoch === session.epoch && after >= floor && after <= session.n
  if (!knows) {
    const settled = session.settled()
    const events = settled.slice(-mostInReset)
    peer.send({
      type: 'reset', session: id, held: live, epoch: session.epoch, n: live && session.running ? floor : session.n, events,
      first: events[0]?.seq ?? 0, last: settled.at(-1)?.seq ?? 0, total: session.journal.length,
    })
  }
  if (!session.running && !knows) return
  for (const frame of session.frames) if (!knows || frame.n > after) peer.send({ type: 'event', session: id, ...frame })
}
