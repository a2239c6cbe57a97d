// Finds by what one remembers of a name: letters in their order, those at the start of words first.

/** How well `query` fits `name`; `null` when a letter is missing. Higher is better. */
export function score(name: string, query: string): number | null {
  const there = name.toLowerCase()
  const wanted = query.toLowerCase().replace(/\s+/g, '')
  const whole = there.indexOf(query.toLowerCase().trim())
  if (whole >= 0) return 1000 - whole + (whole === 0 || there[whole - 1] === ' ' ? 500 : 0) - there.length / 100
  let at = 0
  let sum = 0
  for (const letter of wanted) {
    const next = there.indexOf(letter, at)
    if (next < 0) return null
    sum += next === 0 || /[\s/_.-]/.test(there[next - 1] ?? '') ? 10 : next === at ? 5 : 1
    at = next + 1
  }
  return sum - there.length / 100
}

/** The items whose names fit, best first; all in their order when nothing is asked for. */
export function rank<T>(items: readonly T[], query: string, nameOf: (item: T) => string): T[] {
  if (query.trim() === '') return [...items]
  return items
    .flatMap((item, at) => {
      const fit = score(nameOf(item), query)
      return fit === null ? [] : [{ item, fit, at }]
    })
    .sort((a, b) => b.fit - a.fit || a.at - b.at)
    .map(({ item }) => item)
}
