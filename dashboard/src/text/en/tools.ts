// Words of the page Tools.

export const text = {
  title: 'Tools',
}
