// Words of the page Settings.

export const text = {
  title: 'Settings',
}
