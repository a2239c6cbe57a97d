// Lines of a text: which one a message is about, where it begins, and how two texts differ.

/** The line that an error of the server names: `…/config.toml:3: …` or `line 3: …`; counted from 1. */
export function lineOf(message: string): number | null {
  const found = /\bline (\d+)/i.exec(message) ?? /:(\d+)(?::\d+)?:/.exec(message)
  return found ? Number(found[1]) : null
}

/** From where to where a line reaches, in characters; the last line for one that is not there. */
export function rangeOf(text: string, line: number): { from: number; to: number } {
  const lines = text.split('\n')
  const at = Math.min(Math.max(line, 1), lines.length) - 1
  const from = lines.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0)
  return { from, to: from + (lines[at]?.length ?? 0) }
}

/** Longer texts are compared as one block, so that no page stands still over it. */
const most = 2_000

/** What makes `to` of `from`, as `Diff` shows it. Lines that stay are those of a longest common sequence. */
export function compare(from: string, to: string, name: string): string {
  const a = from.split('\n')
  const b = to.split('\n')
  const signs = a.length * b.length > most * most ? block(a, b) : steps(a, b)
  return `${name}: changed\n@@ -1,${a.length} +1,${b.length} @@\n${signs.join('\n')}\n`
}

function block(a: string[], b: string[]): string[] {
  return [...a.map((line) => `-${line}`), ...b.map((line) => `+${line}`)]
}

function steps(a: string[], b: string[]): string[] {
  // longest[i][j]: how many lines the rest of a from i and of b from j have in common.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i]![j] = a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!)
    }
  }
  const signs: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      signs.push(` ${a[i]}`)
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && longest[i + 1]![j]! >= longest[i]![j + 1]!)) signs.push(`-${a[i++]}`)
    else signs.push(`+${b[j++]}`)
  }
  return signs
}
