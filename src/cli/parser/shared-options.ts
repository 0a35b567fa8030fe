/** What several commands take, declared once: a link, the version of one, a server's store. */

import { parseDuration } from '../../core/duration.js';
import { LINK_VERSIONS } from '../../core/protocol/link-versions.js';
import { SECRET_STATES } from '../../core/protocol/replies.js';
import { REQUEST_STATES } from '../../core/protocol/secret-requests.js';
import { usageError } from '../exit/cli-error.js';
import { noLinkVersion } from '../settings/choices.js';
import type { CommonFlags } from '../settings/settings.js';
import type { CliCommand } from './command.js';
import { CliOption, oneOf, repeated } from './option.js';

/** The argument of commands that take a link. */
export interface LinkArguments {
  /** The link, or `-` for stdin. */
  readonly link?: string;
}

/** The options of commands that take a link. */
export interface LinkFlags extends CommonFlags {
  readonly key?: string;
  readonly keyFile?: string;
  readonly url?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
}

/** Declares the argument and the options of a command that takes a link. */
export function declareLink(command: CliCommand): CliCommand {
  return command
    .argument('[link]', 'the link, or - for stdin')
    .addOption(
      new CliOption('-k, --key <key>', 'the key of a split pair').excludes(
        'keyFile',
        'the key is given twice: with --key and --key-file',
      ),
    )
    .option('--key-file <file>', 'take the key from a file')
    .option('--url <url>', 'the URL of a split pair')
    .option('-p, --passphrase', 'ask for the passphrase on the terminal')
    .option('--passphrase-file <file>', 'take the passphrase from a file');
}

/** The option `--attach`, for each file that is sent. */
export function attachOption(): CliOption {
  return new CliOption('-a, --attach <file>', 'send a file; repeat for more, - is stdin')
    .offers('files')
    .argParser(repeated);
}

/** An option that names a state of a secret or a request. */
export function stateOption(flags: string, description: string): CliOption {
  const states: readonly string[] = [...new Set<string>([...SECRET_STATES, ...REQUEST_STATES])];
  return oneOf(new CliOption(flags, description), states, (near) =>
    usageError(
      'that is no state of a secret or a request',
      near === undefined ? `the states are ${states.join(', ')}` : `did you mean ${near}?`,
    ),
  );
}

/** The option `--for`, which bounds a `--wait`: in milliseconds. */
export function forOption(): CliOption {
  return new CliOption('--for <time>', 'wait no longer than this: 90s, 10m, 1h')
    .offers(['1m', '10m', '1h'])
    .argParser((text: string) => {
      const seconds = parseDuration(text.trim());
      if (seconds === null || seconds === 0)
        throw usageError('--for is not a time', 'write it as 90s, 10m or 1h');
      return seconds * 1000;
    });
}

/** A moment, in milliseconds since 1970, as ISO 8601 or as how long ago it was. @throws CliError exit 2. */
export function parseSince(text: string): number {
  const trimmed = text.trim();
  const seconds = parseDuration(trimmed);
  if (seconds !== null) return Date.now() - seconds * 1000;
  const moment = /^\d{4}-\d\d-\d\d/.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  if (Number.isNaN(moment)) {
    throw usageError('--since is no time', 'write it as 90m, 2d, 2026-12-05 or 2026-12-05T14:00Z');
  }
  return moment;
}

/**
 * The moment of `--expires`, in milliseconds since 1970.
 * @param text how long from now, or a time in ISO 8601.
 * @throws CliError exit 2.
 */
export function parseExpires(text: string, now: number): number {
  const seconds = parseDuration(text.trim());
  const isTime = /^\d{4}-\d\d-\d\d(T|$)/.test(text.trim());
  const at = seconds === null ? Date.parse(isTime ? text.trim() : '') : now + seconds * 1000;
  if (!(at > now)) throw usageError('--expires is no time to come', 'write it as 90d, 1y or 2027-01-31');
  return at;
}

/** The option `--link`. */
export function linkVersionOption(description: string, defaultDescription: string): CliOption {
  return oneOf(
    new CliOption('--link <v1|v2>', description).default(undefined, defaultDescription),
    LINK_VERSIONS,
    noLinkVersion,
  );
}

/** The option `--store`. */
export function storeOption(description: string, defaultDescription: string): CliOption {
  return new CliOption('--store <where>', description)
    .default(undefined, defaultDescription)
    .offers('files')
    .readsFrom(serveVariable('store'));
}

/** The variable of an option of `zephr serve`, such as `ZEPHR_SERVE_RATE_LIMIT` for `rate-limit`. */
export function serveVariable(name: string): string {
  return `ZEPHR_SERVE_${name.toUpperCase().replaceAll('-', '_')}`;
}
