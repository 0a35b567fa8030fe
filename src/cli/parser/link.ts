/** Where a link, its key and its passphrase come from: argument, file, stdin, or a question on the terminal. */

import { type LinkKey, parseKey } from '../../core/key.js';
import { type Link, parseAddress, parseLink } from '../../core/link.js';
import { usageError } from '../exit/exit.js';
import { readSecretFile } from '../files/secret-file.js';
import { askHidden } from '../terminal/prompt.js';
import { readLine } from '../terminal/stdin.js';
import type { Terminal } from '../terminal/terminal.js';

/** The flags of every command that takes a link. */
export interface LinkFlags {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
}

/**
 * Finds the link and checks all of it, the key included.
 * @throws CliError or ValidationError (exit 2) when a part is missing or damaged: nothing has been sent.
 */
export async function findLink(
  argument: string | undefined,
  flags: LinkFlags,
  terminal: Terminal,
): Promise<Link> {
  if (argument !== undefined && flags.url !== undefined)
    throw usageError('the link is given twice: as an argument and with --url');
  if (flags.key !== undefined && flags.keyFile !== undefined)
    throw usageError('the key is given twice: with --key and --key-file');
  const named = argument ?? flags.url;
  const text = (
    named === undefined || named === '-' ? await linkFromTerminal(named === '-', terminal) : named
  ).trim();
  if (/#|%23/.test(text)) {
    if (flags.key !== undefined || flags.keyFile !== undefined) {
      throw usageError('the link has a key already', 'leave out --key and --key-file, or give the URL alone');
    }
    return parseLink(text);
  }
  // The URL is checked before anybody is asked for the key.
  const address = parseAddress(text);
  return { ...address, key: await findKey(flags, terminal) };
}

/** The passphrase where the link wants one or the flags say so. */
export async function findPassphrase(
  key: LinkKey,
  flags: LinkFlags,
  terminal: Terminal,
): Promise<string | undefined> {
  if (!key.passphrase) {
    if (flags.passphrase || flags.passphraseFile !== undefined)
      throw usageError('this link takes no passphrase');
    return undefined;
  }
  if (flags.passphraseFile !== undefined) return readSecretFile(flags.passphraseFile, 'passphrase', terminal);
  return askHidden(terminal, 'Passphrase', {
    message: 'the link needs a passphrase',
    advice: 'give it with --passphrase-file',
  });
}

async function linkFromTerminal(fromStdin: boolean, terminal: Terminal): Promise<string> {
  const advice = 'give it as an argument, or in a file on stdin: < link';
  if (fromStdin || !terminal.stdin.isTerminal) {
    const line = await readLine(terminal);
    if (line === '') throw usageError('there is no link', advice);
    return line;
  }
  return askHidden(terminal, 'Link', { message: 'there is no link', advice });
}

async function findKey({ key, keyFile }: LinkFlags, terminal: Terminal): Promise<LinkKey> {
  if (key !== undefined) return parseKey(key.trim());
  if (keyFile !== undefined) return parseKey((await readSecretFile(keyFile, 'key', terminal)).trim());
  const answer = await askHidden(terminal, 'Key', {
    message: 'the link has no key',
    advice: 'give it with --key-file or --key',
  });
  return parseKey(answer.trim());
}
