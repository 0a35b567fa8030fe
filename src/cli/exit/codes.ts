/** The exit codes (cli/CLI.md), which scripts rely on. */

export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  keyRefused: 3,
  notAllowed: 4,
  notFound: 5,
  gone: 6,
  limited: 7,
  unreachable: 8,
  decryptionFailed: 9,
  notDelivered: 10,
  notYet: 11,
  answeredWithError: 22,
  notStarted: 125,
  notExecutable: 126,
  commandNotFound: 127,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means; man page and cli/CLI.md show this table. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  bug: 'a bug or something unforeseen',
  usage: 'usage or input: bad option, bad link, empty secret, nothing to read',
  keyRefused: 'the API key was refused, or the vault stays locked',
  notAllowed: 'not allowed: tier, size, API key required, gate, no terminal, no `--force`',
  notFound: 'no such secret, request or name',
  gone: 'gone: already read, expired or revoked',
  limited: 'rate or quota limit, or too early; the hint says when to try again',
  unreachable: 'network or server failure; nothing was used up unless it says so',
  decryptionFailed: 'does not open: wrong key, passphrase or code, or tampered',
  notDelivered:
    'not delivered: stdout, the file, the clipboard or the command did not take it; the hint says how long it can still be had',
  notYet: 'not yet: no answer, not in the state that was asked for, or `--for` ran out',
  answeredWithError: '`zephr call --fail`: the answer was 400 or above',
  notStarted: '`zephr run`: whatever failed before the command was started',
  notExecutable: '`zephr run`: the command cannot be executed',
  commandNotFound: '`zephr run`: there is no such command',
  interrupted: 'interrupted',
};
