// Words around Markdown.

export const text = {
  code: 'code',
  table: 'Table',
  image: 'Image',
  noImage: 'this is no image',
  nowhere: 'no link',
  notCopied: 'The browser did not allow to copy. Select the text and press Ctrl C.',
  done: 'done',
  open: 'open',
}
