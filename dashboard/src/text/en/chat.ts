// Words of the page Chat.

export const text = {
  title: 'Chat',
}
