import { defineConfig } from 'vitest/config'

/** The tests that drive a browser against the built pages and the mock server, one file after the other. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    globalSetup: ['tests/e2e/setup.ts'],
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
