// The text of the settings while it is edited. It outlives the page, so that a look elsewhere loses nothing.

class Draft {
  /** What the person wrote; `null` as long as it is what the file has. */
  text = $state<string | null>(null)
  /** The state of the file that the text was begun from; the server compares it when it is saved. */
  digest = $state<string | null>(null)

  /** The person wrote something: `base` is what the file had. */
  write(text: string, base: { text: string; digest: string }): void {
    this.digest ??= base.digest
    this.text = text
    if (text === base.text) this.drop()
  }

  /** Goes on from another state of the file, with the same text. */
  rebase(digest: string): void {
    this.digest = digest
  }

  drop(): void {
    this.text = null
    this.digest = null
  }
}

export const draft = new Draft()
