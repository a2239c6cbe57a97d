// The types of what the server sends, from its own description: `npm run types` writes src/api/generated.ts, and with
// --check only says whether it is current.

import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS from 'openapi-typescript'
import ts from 'typescript'

const description = new URL('../docs/openapi.json', import.meta.url)
const target = new URL('./src/api/generated.ts', import.meta.url)

/** The text of the file. Routes are left out: `client.ts` names them, and a test holds it to the description. */
export async function generated() {
  const { openapi, info, components } = JSON.parse(readFileSync(description, 'utf8'))
  const nodes = await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } })
  const printer = ts.createPrinter({ removeComments: true })
  const file = ts.createSourceFile('generated.ts', '', ts.ScriptTarget.Latest)
  const wanted = nodes.filter((node) => node.name?.text === 'components')
  const head = '// Made of docs/openapi.json by `npm run types`; not to be written by hand.\n\n'
  return head + wanted.map((node) => printer.printNode(ts.EmitHint.Unspecified, node, file)).join('\n') + '\n'
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split('/').pop() ?? '')) {
  const text = await generated()
  if (!process.argv.includes('--check')) writeFileSync(target, text)
  else if (readFileSync(target, 'utf8') !== text) {
    console.error('src/api/generated.ts is old: npm run types')
    process.exit(1)
  }
}
