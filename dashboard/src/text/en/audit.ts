// Words of the page Audit.

export const text = {
  title: 'Audit',
}
