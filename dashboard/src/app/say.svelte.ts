// Short words in the corner that also a screen reader hears: "Revoked.", "Copied."

export interface Said {
  id: number
  words: string
  bad: boolean
}

/** How long a word stands, in milliseconds; a bad one stands longer, so that it can be read twice. */
const stays = { good: 4_000, bad: 12_000 }

class Sayings {
  all = $state<Said[]>([])
  #next = 1

  /** Shows words for a few seconds. */
  say(words: string, { bad = false } = {}): void {
    const id = this.#next++
    this.all = [...this.all.slice(-3), { id, words, bad }]
    setTimeout(() => this.drop(id), bad ? stays.bad : stays.good)
  }

  drop(id: number): void {
    this.all = this.all.filter((said) => said.id !== id)
  }
}

export const sayings = new Sayings()
export const say = sayings.say.bind(sayings)
