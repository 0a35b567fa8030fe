/** Where a link, its key and its passphrase come from: argument, file, stdin, or a question on the terminal. */

import { type LinkKey, parseKey } from '../../core/key.js';
import { type Link, parseAddress, parseLink } from '../../core/link.js';
import type { HttpFetch } from '../../net/http.js';
import { fetchFor } from '../../net/proxy.js';
import { usageError } from '../exit/cli-error.js';
import { readSecretFile } from '../files/secret-file.js';
import { askHidden } from '../terminal/prompt.js';
import { readLine } from '../terminal/stdin.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Context } from './command.js';
import type { LinkArguments, LinkFlags } from './shared-options.js';

/** A link, and what it takes to ask its server about it. */
export interface OpenedLink {
  readonly link: Link;
  readonly options: {
    readonly fetch: HttpFetch;
    /** Milliseconds. */
    readonly timeout: number;
    readonly signal: AbortSignal;
    readonly passphrase?: string;
  };
  /** What the spinner says meanwhile. */
  readonly waiting: string;
}

/**
 * Finds the link that a command is about, and all that goes with it.
 * @param check is called with the link before the passphrase is asked for.
 * @throws CliError or ValidationError (exit 2) when a part is missing or damaged: nothing has been sent.
 */
export async function openLink(
  { args, flags, terminal }: Pick<Context<LinkFlags, LinkArguments>, 'args' | 'flags' | 'terminal'>,
  check: (link: Link) => void = () => undefined,
): Promise<OpenedLink> {
  const link = await findLink(args.link, flags, terminal);
  check(link);
  const passphrase = await findPassphrase(link.key, flags, terminal);
  return {
    link,
    options: {
      fetch: fetchFor(link.server, terminal.env),
      timeout: flags.timeout,
      signal: terminal.interrupt,
      ...(passphrase === undefined ? {} : { passphrase }),
    },
    waiting: `waiting for ${new URL(link.server).host}`,
  };
}

/** Finds the link and checks all of it, the key included. */
async function findLink(argument: string | undefined, flags: LinkFlags, terminal: Terminal): Promise<Link> {
  if (argument !== undefined && flags.url !== undefined)
    throw usageError('the link is given twice: as an argument and with --url');
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
  // The URL is checked before the key is asked for.
  const address = parseAddress(text);
  return { ...address, key: await findKey(flags, terminal) };
}

/** The passphrase, where the link needs one. */
async function findPassphrase(
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
    const line = await readLine(terminal, 'link');
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

/**
 * The check of commands that need to prove the key: links of version 1 have no proof.
 * @throws CliError exit 2 for a version 1 link.
 */
export function requireVersion2({ key }: Link): void {
  if (key.version === 1) {
    throw usageError('a version 1 link can only be read', 'status and revoke are for version 2 links');
  }
}
