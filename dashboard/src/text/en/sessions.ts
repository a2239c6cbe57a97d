// Words of the page Sessions.

export const text = {
  title: 'Sessions',
}
