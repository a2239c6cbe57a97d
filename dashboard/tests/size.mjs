// Says what a first visit loads, the chat included, packed as the gateway packs it, and fails above the budget.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const budget = 250_000
const dist = new URL('../dist/', import.meta.url)
const read = (file) => readFileSync(new URL(file, dist))
const page = read('index.html').toString('utf8')
const files = new Set(['index.html', ...[...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((m) => m[1])])

// The chat is what the first address shows. The build notes beside each page what else it needs.
const entry = read([...files].find((file) => file.endsWith('.js'))).toString('utf8')
const list = /m\.f=(\[[^\]]*\])/.exec(entry)?.[1]
const chat = /import\(`?["']?\.\/Chat-[^)]*\),__vite__mapDeps\((\[[\d,]*\])\)/.exec(entry)?.[1]
if (!list || !chat) throw new Error('the build has another form: what the chat needs cannot be read')
const names = JSON.parse(list.replaceAll('`', '"'))
for (const at of JSON.parse(chat)) files.add(names[at].replace(/^\//, ''))

let sum = 0
for (const file of files) {
  const packed = gzipSync(read(file), { level: 9 }).length
  sum += packed
  console.log(`${String(packed).padStart(8)}  ${file}`)
}
console.log(`${String(sum).padStart(8)}  bytes on first load, budget ${budget}`)
if (sum > budget) process.exit(1)
