// Words around Markdown.

export const text = {
  code: 'code',
  table: 'Table',
  image: 'Image',
  noImage: 'this is no image',
  nowhere: 'no link',
  done: 'done',
  open: 'open',
}
