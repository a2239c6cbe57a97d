// Gives the person a file that the server made.

/** Saves an answer under its own name, or `fallback`. */
export async function save(answer: Response, fallback: string): Promise<void> {
  const said = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1]
  const url = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = said ?? fallback
  link.click()
  // The browser has taken it by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
