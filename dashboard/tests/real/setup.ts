// What the tests of this folder cannot do without, said once and with its cure.

import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { chromium } from './found'

export default function setup(): void {
  for (const name of ['BOXAGNTS_BIN', 'BOXAGNTS_SCRIPTED_MODEL']) {
    const path = process.env[name]
    if (!path) throw new Error(`${name} names no program; \`cargo xtask peers\` builds both and runs these tests`)
    accessSync(path, constants.X_OK)
  }
  execFileSync(chromium(), ['--version'], { stdio: 'ignore' })
}
