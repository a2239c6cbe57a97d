// Login, logout, fresh codes.

import { Refusal, Reply, route } from '../http.mjs'

const day = 86_400_000

export default (world) => [
  route(
    'POST',
    '/login',
    ({ body }) => {
      const login = world.login(String(body?.code))
      if (!login) throw new Refusal(401, 'unauthorized', 'this code is unknown, used or older than a minute', 'run “boxagnts open” for a fresh link')
      const cookie = `boxagnts=${login.cookie}; HttpOnly; SameSite=Strict; Path=/`
      return new Reply(200, { token: login.token, expires: new Date(Date.now() + day).toISOString() }, { 'Set-Cookie': cookie })
    },
    { open: true },
  ),
  route('POST', '/logout', ({ bearer }) => {
    world.logout(bearer)
    return new Reply(204, undefined)
  }),
  route('POST', '/codes', () => {
    const code = world.newCode()
    return { code, link: `${world.origin}/#code=${code}`, expires: new Date(Date.now() + 60_000).toISOString() }
  }),
]
