// Words of the page that is shown without a login.

export const text = {
  title: 'Open the dashboard with a fresh link',
  why: 'Only a person at this machine may steer the agent. So there is no password here: BoxAgnts gives you a link that works once, within a minute.',
  how: 'In a terminal, in the folder you work on:',
  command: 'boxagnts open',
  then: 'Open the link that it prints in this browser. That is all.',
  pending: 'Logging in …',
  old: 'That link was used already or is older than a minute.',
  again: 'I have a code: log in with it',
  code: 'Code',
  codeHint: 'what stands after #code= in the link',
  submit: 'Log in',
  folder: 'Is it a different folder? Add --workspace-dir PATH.',
}
