// The columns of the matrix: each capability that some tool asks for, what belongs together side by side.

import type { Cell, Matrix } from '#src/api/types'
import { cutCapability } from '#src/parts/reading'

export interface Column {
  capability: string
  what: string
}

export interface Family {
  name: string
  columns: Column[]
}

// What happens most stands first; what nobody thought of comes last, in the order of its name.
const order = ['fs.read', 'fs.write', 'network.get', 'network', 'secret', 'env', 'exec', 'mcp', 'agent.spawn', 'memory.read', 'memory.write', 'schedule.write']

/** Families of columns, each capability once, in the order in which the tools name them. */
export function familiesOf(matrix: Matrix): Family[] {
  const families = new Map<string, Map<string, Column>>()
  for (const row of matrix.rows) {
    for (const { capability } of row.cells) {
      const { family, what } = cutCapability(capability)
      const columns = families.get(family) ?? new Map<string, Column>()
      families.set(family, columns.set(capability, { capability, what }))
    }
  }
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return [...families]
    .map(([name, columns]) => ({ name, columns: [...columns.values()] }))
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name))
}

/** The cell of a row under a column, if the tool asks for that. */
export function cellOf(row: Matrix['rows'][number], column: Column): Cell | null {
  return row.cells.find((cell) => cell.capability === column.capability) ?? null
}
