// Words for what goes wrong. The server's own messages are shown as they are; these stand where it said nothing.

const cures: Record<string, string> = {
  offline: 'Is BoxAgnts still running? Start it again in its folder; this page goes on by itself.',
  unauthorized: 'Run “boxagnts open” in the folder for a fresh link.',
  held: 'Another process works on this session. It can be read here; stop it there to go on here.',
  conflict: 'Something changed meanwhile. Look at the new state and try again.',
  too_large: 'Send less at once.',
  too_many: 'Wait a moment and try again.',
  unavailable: 'Try again in a moment.',
}

export const text = {
  title: 'This did not work',
  offline: 'the server does not answer',
  status: (status: number) => `the server answered with status ${status}`,
  cures,
  again: 'Try again',
  missingPage: 'There is no such page',
  missingPageCure: 'Choose one on the left, or press Ctrl K and type what you look for.',
}
