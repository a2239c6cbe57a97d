// Light or dark: as the system says, unless the person chose.

export type Choice = 'system' | 'light' | 'dark'

const memory = 'boxagnts.theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

function remembered(): Choice {
  try {
    const said = localStorage.getItem(memory)
    return said === 'light' || said === 'dark' ? said : 'system'
  } catch {
    return 'system'
  }
}

class Theme {
  choice = $state<Choice>(remembered())

  /** Keeps and shows the choice. */
  choose(choice: Choice): void {
    this.choice = choice
    try {
      localStorage.setItem(memory, choice)
    } catch {
      // Then it lasts as long as the page.
    }
    this.show()
  }

  /** The other one of light and dark. */
  flip(): void {
    this.choose(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark')
  }

  show = (): void => {
    const isDark = this.choice === 'dark' || (this.choice === 'system' && dark.matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
  }
}

export const theme = new Theme()
theme.show()
dark.addEventListener('change', theme.show)
