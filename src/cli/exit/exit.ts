/** The one exit table (CLI.md): which error ends the program with which code, and what to do about it. */

import { ApiError, EncryptionError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';

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
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means; man page and README show this table. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  bug: 'a bug or something unforeseen',
  usage: 'usage or input: bad option, bad link, empty secret, nothing to read',
  keyRefused: 'the API key was refused',
  notAllowed: 'not allowed: tier, size, API key required, no `--force`',
  notFound: 'no such secret',
  gone: 'gone: already read, expired or revoked',
  limited: 'rate or quota limit; the hint says when to try again',
  unreachable: 'network or server failure; nothing was used up unless it says so',
  decryptionFailed: 'does not open: wrong key or passphrase, or tampered',
  interrupted: 'interrupted',
};

/** An error of the command itself, with its exit code and what to do about it. */
export class CliError extends ZephrError {
  override readonly name = 'CliError';
  readonly exit: ExitCode;
  readonly advice: string | undefined;

  constructor(exit: ExitCode, code: string, message: string, options?: ErrorOptions & { advice?: string }) {
    super(message, code, options);
    this.exit = exit;
    this.advice = options?.advice;
  }
}

/** Wrong usage or input: exit 2. */
export function usageError(message: string, advice?: string, cause?: unknown): CliError {
  return new CliError(EXIT.usage, 'USAGE', message, { ...(advice === undefined ? {} : { advice }), cause });
}

/** Ctrl-C or one of its relatives: there is nothing to say, and the way out is the signal's own. */
export class Interrupted extends CliError {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(EXIT.interrupted, 'INTERRUPTED', 'interrupted');
    this.signal = signal;
  }
}

/** How the program ends for an error. */
export interface Ending {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
}

/** The ending for anything thrown. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof ZephrError)) return unforeseen(error);
  const advice = error instanceof CliError ? error.advice : adviceFor(error);
  return {
    exit: exitFor(error),
    code: error.code,
    message: error.message,
    ...(advice === undefined ? {} : { advice }),
  };
}

function exitFor(error: ZephrError): ExitCode {
  if (error instanceof CliError) return error.exit;
  if (error instanceof ApiError) return exitForStatus(error);
  if (error instanceof NetworkError) return EXIT.unreachable;
  if (error instanceof EncryptionError) return EXIT.decryptionFailed;
  if (error.code === 'SECRET_TOO_LARGE') return EXIT.notAllowed;
  if (error instanceof ValidationError) return EXIT.usage;
  return START_FAILURES[error.code]?.[0] ?? EXIT.bug;
}

/** The ending of a server that cannot start: 2 until somebody changes something, 8 when another try can succeed. */
const START_FAILURES: Readonly<Record<string, readonly [exit: ExitCode, advice: string]>> = {
  HOST_NOT_AVAILABLE: [EXIT.usage, 'see --host; 0.0.0.0 is every address this machine has'],
  NOT_A_STORE: [EXIT.usage, 'see --store'],
  NO_SQLITE: [EXIT.usage, 'or keep the secrets elsewhere with --store'],
  PORT_NOT_ALLOWED: [EXIT.usage, 'see --port'],
  PORT_TAKEN: [EXIT.unreachable, 'is another server running? see --port'],
  STORE_BUSY: [EXIT.unreachable, 'try again when it is free; see --store'],
  STORE_DAMAGED: [EXIT.usage, 'see --store'],
  STORE_FULL: [EXIT.unreachable, 'free some space; see --store'],
  STORE_IS_DIRECTORY: [EXIT.usage, 'see --store'],
  STORE_MISSING: [EXIT.usage, 'see --store'],
  STORE_NOT_SUPPORTED: [EXIT.usage, 'see --store'],
  STORE_NOT_WRITABLE: [EXIT.usage, 'see --store'],
  STORE_NOT_TRUSTED: [EXIT.usage, 'a private authority? name its certificate in NODE_EXTRA_CA_CERTS'],
  STORE_REFUSED: [EXIT.usage, 'see --store; PGUSER and PGPASSWORD count too'],
  STORE_TOO_NEW: [EXIT.usage, 'a newer zephr wrote it: update this one'],
  STORE_UNAVAILABLE: [EXIT.unreachable, 'see --store'],
  STORE_UNREACHABLE: [EXIT.unreachable, 'see --store'],
  STORE_UNUSABLE: [EXIT.unreachable, 'see --store'],
  TLS_NOT_READABLE: [EXIT.usage, 'see --tls-cert and --tls-key'],
  TLS_NOT_USABLE: [EXIT.usage, 'see --tls-cert and --tls-key'],
};

function exitForStatus({ statusCode, code }: ApiError): ExitCode {
  if (code === 'WRONG_KEY' || code === 'PROOF_REQUIRED') return EXIT.decryptionFailed;
  switch (statusCode) {
    case 401:
      return EXIT.keyRefused;
    case 403:
    case 413:
      return EXIT.notAllowed;
    case 404:
      return EXIT.notFound;
    case 410:
      return EXIT.gone;
    case 429:
      return EXIT.limited;
    default:
      return statusCode >= 500 ? EXIT.unreachable : EXIT.usage;
  }
}

/** What to do, by error code; a server's own words say what happened. */
const ADVICE: Readonly<Record<string, string>> = {
  API_KEY_REQUIRED: 'set ZEPHR_API_KEY',
  CONNECTION_LOST: 'run the same command again',
  CONNECTION_REFUSED: 'is the server running? see --server',
  EMPTY_SECRET: 'pipe a secret in: echo "$PASSWORD" | zephr',
  HOST_NOT_FOUND: 'check the name of the server, and your network',
  INVALID_API_KEY: 'check ZEPHR_API_KEY and the config file',
  INVALID_EXPIRY: 'write it as 5m, 90m, 1h or 7d, at most 30d',
  INVALID_KEY: 'copy the whole link again: the key is 43 characters after "v1." or "v2."',
  INVALID_LINK: 'copy the whole link again: https://host/secret/<id>#<key>',
  INVALID_PROXY: 'write it as http://host:port, or unset it',
  INVALID_REPLY: 'check --server: does that address belong to a zephr server?',
  MISSING_KEY: 'give the key with --key-file or --key',
  NEEDS_VERSION_2: 'use --link v2, on a server that speaks it',
  PROXY_REFUSED: 'check HTTPS_PROXY (HTTP_PROXY for http), or name the server in NO_PROXY',
  PROXY_UNREACHABLE: 'check HTTPS_PROXY (HTTP_PROXY for http), or name the server in NO_PROXY',
  PAYLOAD_TOO_LARGE: 'the server takes less; send it in parts or ask for a larger tier',
  SECRET_ALREADY_CONSUMED: 'if that was not you, whoever read it knows the secret: change it',
  SECRET_EXPIRED: 'ask the sender for a new link',
  SECRET_NOT_FOUND: 'check the link and its server; a secret is forgotten a day after its expiry',
  SECRET_REVOKED: 'ask the sender for a new link',
  TIMEOUT: 'try again, or allow more time with --timeout',
  UNKNOWN_KEY_VERSION: 'update zephr',
  UNSUPPORTED_BY_SERVER: 'use --link v1 if its weaker promises are enough',
  UPGRADE_REQUIRED: 'the limits of your tier do not allow this',
  WRONG_KEY: 'check the key and the passphrase; nothing was used up',
};

function adviceFor(error: ZephrError): string | undefined {
  if (error instanceof ApiError && error.retryAfter !== undefined)
    return `try again in ${error.retryAfter} s`;
  if (error.code === 'TLS_ERROR') return tlsHint(error.message);
  return ADVICE[error.code] ?? START_FAILURES[error.code]?.[1];
}

/** What to do about TLS, by the reason of Node or OpenSSL that a message ends with. */
function tlsHint(message: string): string {
  const [, reason = ''] = /\((\w+)\)$/.exec(message) ?? [];
  switch (reason) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired: tell whoever runs the server; and is the clock here right?';
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: is the clock here right?';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name: check the name of the server';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'that port does not speak https: check --server';
    default:
      return 'a private authority? name its certificate in NODE_EXTRA_CA_CERTS';
  }
}

/** A bug, or the system said no in a way nobody foresaw: its own words, without a stack trace. */
function unforeseen(error: unknown): Ending {
  const message = error instanceof Error ? error.message : 'something unforeseen happened';
  return { exit: EXIT.bug, code: 'UNFORESEEN', message };
}
