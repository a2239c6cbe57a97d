import { defineConfig } from 'vitest/config'

/** The tests that drive a browser against the real program and the scripted model, one file after the other; or pictures. */
export default defineConfig({
  test: {
    include: [process.env['SCREENS'] ? 'tests/real/screens.ts' : 'tests/real/**/*.test.ts'],
    globalSetup: ['tests/real/setup.ts'],
    fileParallelism: false,
    // A busy machine is slow, and slow is no failure: each test waits for what it wants to see, never for a time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
