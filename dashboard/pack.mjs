// Lays out what was built as the product embeds it: `node pack.mjs FOLDER` copies dist into FOLDER, each file with its
// smaller form beside it.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const out = process.argv[2]
if (!out) {
  console.error('usage: node pack.mjs FOLDER')
  process.exit(2)
}
cpSync(fileURLToPath(new URL('./dist', import.meta.url)), out, { recursive: true })
for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith('.gz')) continue
  const file = join(entry.parentPath ?? entry.path, entry.name)
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
}
