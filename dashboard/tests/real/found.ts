// Programs that the tests start.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that a variable names. */
export function named(variable: 'BOXAGNTS_BIN' | 'BOXAGNTS_SCRIPTED_MODEL'): string {
  const path = process.env[variable]
  if (!path) throw new Error(`${variable} names no program`)
  return path
}

/** The browser: `CHROMIUM`, or the first one on the path. */
export function chromium(): string {
  if (process.env['CHROMIUM']) return process.env['CHROMIUM']
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // It may be in the next folder.
      }
    }
  }
  throw new Error('there is no Chromium on the path; install it: apt-get install chromium')
}
