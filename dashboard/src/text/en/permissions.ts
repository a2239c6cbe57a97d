// Words of the page Permissions.

export const text = {
  title: 'Permissions',
}
