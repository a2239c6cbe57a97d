// Words of the page Traces.

export const text = {
  title: 'Traces',
}
