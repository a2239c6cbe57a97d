/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Elements are made one by one and never from a string of HTML, which Trusted Types would refuse.
    fragments: 'tree',
  },
}
