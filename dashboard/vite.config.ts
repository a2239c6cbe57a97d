import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where `vite` finds the API while somebody works on the pages: the mock server, or a real `boxagnts`. */
const api = process.env['BOXAGNTS_API'] ?? 'http://127.0.0.1:30099'

export default defineConfig({
  plugins: [svelte()],
  // `#text` is the language; a translation is a second folder with the same keys.
  resolve: {
    alias: { '#text': folder('src/text/en'), '#src': folder('src') },
    // Without this Vitest would take Svelte's build for servers.
    ...(process.env['VITEST'] ? { conditions: ['browser'] } : {}),
  },
  build: {
    target: 'es2022',
    // The policy of the gateway forbids scripts and styles that are not files of ours.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The real server answers its own address alone, so it is told that one.
  server: { proxy: { '/api': { target: api, ws: true, changeOrigin: true, headers: { origin: api } } } },
  preview: { proxy: { '/api': { target: api, ws: true, changeOrigin: true, headers: { origin: api } } } },
  test: {
    include: ['tests/unit/**/*.test.ts', 'src/**/*.test.ts'],
    environment: 'jsdom',
  },
})
