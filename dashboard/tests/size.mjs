// Says what a first visit loads, packed as the gateway packs it, and fails above the budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const budget = 250_000
const dist = new URL('../dist/', import.meta.url)
const page = readFileSync(new URL('index.html', dist), 'utf8')
const files = ['index.html', ...[...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((m) => m[1])]
let sum = 0
for (const file of new Set(files)) {
  const packed = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
  sum += packed
  console.log(`${String(packed).padStart(8)}  ${file}`)
}
console.log(`${String(sum).padStart(8)}  bytes on first load, budget ${budget}`)
if (sum > budget) process.exit(1)
