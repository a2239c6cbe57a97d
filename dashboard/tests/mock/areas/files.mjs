// What the page for files asks: a small workspace in memory.

import { Refusal, route } from '../http.mjs'

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC'

const lines = (n) => Array.from({ length: n }, (_, i) => `line ${i + 1} of many, each a little longer than the one before ${'.'.repeat(i % 40)}`).join('\n')

/** path → content; a trailing slash is a folder. */
const disk = () => ({
  '/workspace/README.md': '# Notes\n\nWhat I keep for later: käse, 東京, 🧀.\n',
  '/workspace/summary.md': '# Summary\n\nThree notes, one of them about cheese.\n',
  '/workspace/hidden.txt': 'looks like \u202etxt.exe and has a zero\u200bwidth\n',
  '/workspace/empty.txt': '',
  '/workspace/long.txt': lines(3000),
  '/workspace/logo.png': { image: pixel },
  '/workspace/data.bin': { bytes: 48_213 },
  '/workspace/src/main.rs': 'fn main() {\n\tprintln!("hello");\n}\n',
  '/workspace/src/deep/er/leaf.txt': 'a leaf\n',
  '/workspace/out/': null,
  '/workspace/<img src=x onerror=alert(1)>.txt': 'a name that must stay a name\n',
  '/folders/papers/2027.md': '# 2027\n',
})

const bytesOf = (content) =>
  typeof content === 'string' ? Buffer.byteLength(content) : content?.image ? Buffer.from(content.image, 'base64').length : (content?.bytes ?? 0)

export default (world) => {
  world.disk = disk()
  const changed = new Date(Date.now() - 7_200_000).toISOString()
  const entries = (path) => {
    const inside = new Map()
    for (const [file, content] of Object.entries(world.disk)) {
      if (!file.startsWith(`${path}/`)) continue
      const [name, ...rest] = file.slice(path.length + 1).split('/')
      if (name !== '') inside.set(name, rest.length > 0 ? { name, kind: 'folder', bytes: 0, changed } : { name, kind: 'file', bytes: bytesOf(content), changed })
    }
    return [...inside.values()]
  }
  return [
    route('GET', '/files', ({ query }) => {
      const found = entries(query.path)
      if (found.length === 0 && !(`${query.path}/` in world.disk)) throw new Refusal(404, 'not_found', `there is no folder ${query.path}`, 'look at the folder above it')
      return { path: query.path, entries: found, cut: false }
    }),
    route('GET', '/files/search', ({ query }) => {
      const letters = [...(query.q ?? '').toLowerCase()]
      const fuzzy = (path) => letters.reduce((at, letter) => (at < 0 ? -1 : path.indexOf(letter, at) + 1 || -1), 0) >= 0
      const all = Object.keys(world.disk).filter((path) => path.startsWith('/workspace/') && !path.endsWith('/'))
      return { paths: all.filter((path) => fuzzy(path.toLowerCase().slice(11))).slice(0, Number(query.limit ?? 50)) }
    }),
    route('GET', '/files/content', ({ query }) => {
      const content = world.disk[query.path]
      if (content === undefined || content === null) throw new Refusal(404, 'not_found', `there is no file ${query.path}`, 'look at its folder')
      const base = { path: query.path, media_type: null, text: null, bytes_base64: null, bytes: bytesOf(content), cut: false }
      if (typeof content === 'string') return { ...base, kind: 'text', media_type: 'text/plain', text: content }
      if (content.image) return { ...base, kind: 'image', media_type: 'image/png', bytes_base64: content.image }
      return { ...base, kind: 'binary', media_type: 'application/octet-stream' }
    }),
    route('GET', '/sessions/:id/changes', ({ params }) => {
      if (params.id !== '01JDASH0000000000000000001') return { files: [] }
      return {
        files: [
          { path: '/workspace/summary.md', kind: 'created', turn: 1, bytes_before: null, bytes_now: 50, diff: '/workspace/summary.md: created, 50 bytes\n@@ -0,0 +1,3 @@\n+# Summary\n+\n+Three notes, one of them about cheese.\n' },
          { path: '/workspace/README.md', kind: 'changed', turn: 2, bytes_before: 40, bytes_now: 52, diff: '/workspace/README.md: changed, 40 bytes become 52\n@@ -1,3 +1,3 @@\n # Notes\n \n-What I keep: käse.\n+What I keep for later: käse, 東京, 🧀.\n' },
          { path: '/workspace/logo.png', kind: 'changed', turn: 2, bytes_before: 90, bytes_now: 78, diff: null },
          { path: '/workspace/old.md', kind: 'deleted', turn: 2, bytes_before: 12, bytes_now: null, diff: '/workspace/old.md: deleted, 12 bytes\n@@ -1,1 +0,0 @@\n-old thoughts\n' },
        ],
      }
    }),
  ]
}
