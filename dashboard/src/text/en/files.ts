// Words of the page Files.

export const text = {
  title: 'Files',
}
