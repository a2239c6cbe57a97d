// The tests look at what was built: without it they would all fail for the same reason.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export default function setup(): void {
  const index = fileURLToPath(new URL('../../dist/index.html', import.meta.url))
  if (!existsSync(index)) throw new Error('dashboard/dist is missing: run `npm run build` first')
}
