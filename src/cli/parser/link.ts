/** Where a link, its key and its passphrase come from: argument, file, stdin, or a question on the terminal. */

import { existsSync } from 'node:fs';
import { ApiError, ValidationError } from '../../core/errors.js';
import type { LinkKey } from '../../core/key.js';
import type { Link, SecretAddress } from '../../core/link.js';
import { type GivenLink, parseKeyFor, readLink } from '../../core/links/reader.js';
import { kindOfLink, parseCollectLink } from '../../core/links/request-links.js';
import type { HttpFetch } from '../../net/http.js';
import { usageError } from '../exit/cli-error.js';
import { readSecretFile } from '../files/secret-file.js';
import { transportTo } from '../settings/connection.js';
import { askHidden } from '../terminal/prompt.js';
import type { Reporter } from '../terminal/reporter.js';
import { readText } from '../terminal/stdin.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Context } from './command.js';
import type { LinkArguments, LinkFlags } from './shared-options.js';

/** Options of every request about a link. */
export interface LinkOptions {
  readonly fetch: HttpFetch;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly passphrase?: string;
}

/** A link, and what it takes to ask its server about it. */
export interface OpenedLink {
  readonly link: Link;
  readonly options: LinkOptions;
  /** Whether the passphrase was typed on the terminal, where another can be asked for. */
  readonly isTyped: boolean;
  /** What the spinner says meanwhile. */
  readonly waiting: string;
}

/** A link as it was given, not read yet. */
export interface LinkText {
  readonly text: string;
  /** Whether it was an argument, where the name of a file can stand in its place. */
  readonly isArgument: boolean;
}

type LinkContext = Pick<Context<LinkFlags, LinkArguments>, 'args' | 'flags' | 'terminal' | 'reporter'>;

/**
 * Finds the link that a command is about, and all that goes with it.
 * @param check is called with the link before the passphrase is asked for.
 * @param given what {@link findLinkText} gave, for commands that look at it themselves.
 * @throws CliError or ValidationError (exit 2) when a part is missing or damaged: nothing has been sent.
 */
export async function openLink(
  context: LinkContext,
  check: (link: Link) => void = () => undefined,
  given?: LinkText,
): Promise<OpenedLink> {
  const { flags, terminal, reporter } = context;
  const link = await findLink(given ?? (await findLinkText(context)), flags, terminal, reporter);
  check(link);
  const passphrase = await findPassphrase(link.key, flags, terminal);
  return {
    link,
    options: {
      ...(await transportTo(link.server, flags, terminal)),
      ...(passphrase === undefined ? {} : { passphrase }),
    },
    isTyped: passphrase !== undefined && flags.passphraseFile === undefined,
    waiting: `waiting for ${new URL(link.server).host}`,
  };
}

/**
 * Does work that shows the server the passphrase. Where one that was typed is wrong, another is asked for: a mistyped
 * passphrase uses up nothing but one of the tries that a server allows.
 * @throws what `work` throws.
 */
export async function withPassphrase<T>(
  { link, options, isTyped }: OpenedLink,
  terminal: Terminal,
  work: (options: LinkOptions) => Promise<T>,
): Promise<T> {
  let current = options;
  for (;;) {
    try {
      return await work(current);
    } catch (error) {
      if (!isTyped || !isWrongPassphrase(error, link)) throw error;
      current = { ...options, passphrase: await askForPassphrase(terminal, 'Wrong passphrase, try again') };
    }
  }
}

/** Servers that keep no proof of the link alone cannot tell a wrong passphrase from a wrong key. */
function isWrongPassphrase(error: unknown, { key }: Link): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.code === 'WRONG_PASSPHRASE' || (key.passphrase && error.code === 'WRONG_KEY');
}

/**
 * The link as it was given: an argument, a text on stdin, or the answer to a hidden prompt.
 * @throws CliError exit 2 when there is none, or two.
 */
export async function findLinkText({
  args,
  flags,
  terminal,
}: Omit<LinkContext, 'reporter'>): Promise<LinkText> {
  if (args.link !== undefined && flags.url !== undefined)
    throw usageError('the link is given twice: as an argument and with --url');
  const named = args.link ?? flags.url;
  if (named !== undefined && named !== '-') return { text: named, isArgument: true };
  return { text: await linkFromTerminal(named === '-', flags, terminal), isArgument: false };
}

/** Reads the link and checks all of it, the key included. */
async function findLink(
  { text, isArgument }: LinkText,
  flags: LinkFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<Link> {
  // The URL is checked before the key is asked for.
  const { key, wrapper, ...address } = isArgument ? readArgument(text) : readLink(text);
  if (wrapper !== undefined) {
    await reporter.info(`the link was inside one of ${wrapper}: the secret is on ${address.server}`);
  }
  if (key === null) return { ...address, key: await findKey(address, flags, terminal) };
  if (flags.key !== undefined || flags.keyFile !== undefined) {
    throw usageError('the link has a key already', 'leave out --key and --key-file, or give the URL alone');
  }
  return { ...address, key };
}

/**
 * Reads a link that was given as an argument.
 * @throws CliError exit 2 where it is the name of a file, `@` before it included as curl has it; else as `readLink`.
 */
function readArgument(text: string): GivenLink {
  try {
    return readLink(text);
  } catch (error) {
    const isNoLink = error instanceof ValidationError && error.code === 'INVALID_LINK';
    if (!isNoLink || !(existsSync(text) || existsSync(text.replace(/^@/, '')))) throw error;
    throw usageError(
      'that is the name of a file, not a link',
      'give the link in a file on stdin: < FILE',
      error,
    );
  }
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
  return askForPassphrase(terminal, 'Passphrase');
}

/** An empty answer is none: it is asked for again. */
async function askForPassphrase(terminal: Terminal, question: string): Promise<string> {
  for (;;) {
    const answer = await askHidden(terminal, question, {
      message: 'the link needs a passphrase',
      advice: 'give it with --passphrase-file',
    });
    if (answer !== '') return answer;
  }
}

async function linkFromTerminal(fromStdin: boolean, flags: LinkFlags, terminal: Terminal): Promise<string> {
  const advice = 'give it as an argument, or in a file on stdin: < link';
  if (fromStdin || !terminal.stdin.isTerminal) {
    const text = await readText(terminal, 'link', (beginning) => isWhole(beginning, flags));
    if (text === '') throw usageError('there is no link', advice);
    return text;
  }
  return askHidden(terminal, 'Link', { message: 'there is no link', advice });
}

/** Whether a text is a link with its key, or one whose key comes another way. */
function isWhole(text: string, flags: LinkFlags): boolean {
  try {
    if (kindOfLink(text) === 'collect') return parseCollectLink(text).seed.length > 0;
    return readLink(text).key !== null || flags.key !== undefined || flags.keyFile !== undefined;
  } catch (error) {
    if (error instanceof ValidationError) return false;
    throw error;
  }
}

async function findKey(
  address: SecretAddress,
  { key, keyFile }: LinkFlags,
  terminal: Terminal,
): Promise<LinkKey> {
  if (key !== undefined) return parseKeyFor(address, key);
  if (keyFile !== undefined) return parseKeyFor(address, await readSecretFile(keyFile, 'key', terminal));
  const answer = await askHidden(terminal, 'Key', {
    message: 'the part of the link after # is missing: the app that opened the link may have cut it off',
    advice: 'paste the whole link; a key that came apart from it is given with --key-file or --key',
  });
  return parseKeyFor(address, answer);
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
