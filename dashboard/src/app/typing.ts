// Single letters are commands only where nobody types, and only if the person wants them at all.

const memory = 'boxagnts.letters'

/** Whether a key pressed now would write into something. */
export function isTyping(event: KeyboardEvent): boolean {
  const at = event.target
  if (!(at instanceof HTMLElement)) return false
  return at.isContentEditable || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || at instanceof HTMLInputElement
}

/** A letter alone, pressed once, with no dialog open. */
export function isLetter(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || event.defaultPrevented) return false
  return lettersOn() && !isTyping(event) && document.querySelector('dialog[open]') === null
}

/** Whether single letters are commands; on, unless switched off in the list of keys. */
export function lettersOn(): boolean {
  try {
    return localStorage.getItem(memory) !== 'off'
  } catch {
    return true
  }
}

export function setLetters(on: boolean): void {
  try {
    localStorage.setItem(memory, on ? 'on' : 'off')
  } catch {
    // Then they stay as they are.
  }
}
