/** Reading: unlocks the key, takes one view under a claim, opens the secret; its reader then acknowledges it. */

import { encodeBase64url } from '../core/base64url.js';
import { type Bytes, randomBytes } from '../core/bytes.js';
import { type UnlockedKey, unlockKey } from '../core/crypto/key-schedule.js';
import type { Meta } from '../core/crypto/meta.js';
import { openV1 } from '../core/crypto/seal-v1.js';
import { openV2 } from '../core/crypto/seal-v2.js';
import { ApiError, decryptionFailed, ValidationError } from '../core/errors.js';
import type { Link } from '../core/link.js';
import { type LinkOrPair, toLink } from '../core/links/link-or-pair.js';
import { parseReadReply } from '../core/protocol/replies.js';
import { HEADERS, isClaim } from '../core/protocol/requests.js';
import { apiUrl, authorizeByLink, proofHeaders } from './authorization.js';
import { checkReply } from './transport/network-errors.js';
import { send, type TransportOptions } from './transport/send.js';

/** Options of reading, of asking for a status and of revoking. */
export interface RetrieveSecretOptions extends TransportOptions {
  /**
   * Needed when the link says so (`v2p`), and wrong when it does not: a ValidationError `PASSPHRASE_REQUIRED` or
   * `UNEXPECTED_PASSPHRASE`. Default none.
   */
  passphrase?: string;
  /**
   * Six digits, for a secret that asks for a code: `requestCode` has one sent. Default none. A ValidationError
   * `INVALID_CODE` for any other form.
   */
  code?: string;
  /** Accepted, as zephr 1 did, and not sent: reading needs no API key. */
  apiKey?: string | null;
  /**
   * Names this reader: 22 to 64 random characters of base64url. Default a new one, the same for all tries of this call.
   * Your own lets another call read again until `purgeAt`, should this one be cut off. A ValidationError
   * `INVALID_CLAIM` for any other form.
   */
  claim?: string;
}

/** A secret that was read and opened. */
export interface Reading extends Meta {
  readonly bytes: Bytes;
  /** The label that its sender gave it, in clear text. */
  readonly hint?: string;
  /** Until when the same claim can read it again; ISO 8601. */
  readonly purgeAt?: string;
  /** Whether the server knows claims. If not, it has forgotten the secret already. */
  readonly claimed: boolean;
  /** How many more readers it can have; version 2. */
  readonly viewsLeft?: number;
  /**
   * Tells the server that the secret has arrived where it belongs, so that it forgets it now and not only at `purgeAt`.
   * Does nothing where the server knows no claims.
   * @throws ApiError, NetworkError; the reason of `signal`.
   */
  acknowledge(): Promise<void>;
}

/** A new claim: 192 random bits in base64url. */
export function newClaim(): string {
  return encodeBase64url(randomBytes(24));
}

/**
 * Takes one view of a secret and opens it. All that can fail without the server does so before the request. A repeated
 * request carries the same claim, so that a lost reply can be had again. A puzzle is solved, which takes a second or so.
 * @throws ValidationError for a damaged link, a missing or unneeded passphrase or a malformed claim, before anything is
 *   sent; EncryptionError `INVALID_KEY` or `UNKNOWN_KEY_VERSION` likewise for its key.
 * @throws ApiError 404 unknown, 410 read, expired or revoked, 403 `WRONG_KEY`, or `WRONG_PASSPHRASE` when the link is
 *   right and nothing but the passphrase is wrong, 429 too many tries; 403 `ADDRESS_NOT_ALLOWED`, `COUNTRY_NOT_ALLOWED`
 *   or `TOO_EARLY` of a gate, `CODE_REQUIRED` or `WRONG_CODE`: these use nothing up.
 * @throws ApiError 400 `CHUNKS_NOT_ACCEPTED` for a secret with files, which `openSecret` takes: nothing is used up.
 * @throws EncryptionError when the secret does not open.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 */
export async function readSecret(from: LinkOrPair, options: RetrieveSecretOptions = {}): Promise<Reading> {
  const { chunks, unlocked: _, chunkRequests: __, ...reading } = await takeView(from, options, false);
  // A server that was not told that chunks are known gives none.
  if (chunks === undefined && reading.files === undefined) return reading;
  throw decryptionFailed('there are files, and they were not asked for');
}

/** A view that was taken: its blob is open, and its files, if there are any, are still at the server. */
export interface View extends Reading {
  /** How many chunks of files there are, as the server says. */
  readonly chunks?: number;
  /** Null for version 1. */
  readonly unlocked: UnlockedKey | null;
  /** Where the chunks are, and what shows that this reader may have them. */
  readonly chunkRequests: { readonly url: string; readonly headers: Record<string, string> };
}

/**
 * Takes one view of a secret, and opens its blob.
 * @param takesFiles whether the reader knows chunks; otherwise a secret with files is refused, and keeps its view
 * @throws as {@link readSecret} does; ApiError 400 `CHUNKS_NOT_ACCEPTED` for files that the reader does not take.
 */
export async function takeView(
  from: LinkOrPair,
  options: RetrieveSecretOptions,
  takesFiles: boolean,
): Promise<View> {
  const link = toLink(from);
  if (link.key.version === 1 && options.passphrase !== undefined) {
    throw new ValidationError('a version 1 link takes no passphrase', 'UNEXPECTED_PASSPHRASE');
  }
  const unlocked = link.key.version === 2 ? await unlockKey(link.key, options.passphrase) : null;
  const claim = options.claim ?? newClaim();
  if (!isClaim(claim)) {
    throw new ValidationError('the claim is not 22 to 64 characters of base64url', 'INVALID_CLAIM');
  }
  const url = apiUrl(link);
  const headers = { [HEADERS.claim]: claim, ...(unlocked === null ? {} : proofHeaders(unlocked)) };
  // Servers of version 1 do not let browsers of other origins send it.
  const asking = {
    ...headers,
    ...(takesFiles && unlocked !== null ? { [HEADERS.chunks]: '1' } : {}),
    ...(options.code === undefined ? {} : await codeHeader(options.code)),
  };
  const ask = (solved: Record<string, string>) =>
    send({ method: 'GET', url, headers: { ...asking, ...solved } }, options);
  const reply = await (unlocked === null ? ask({}) : atGates(ask, url, proofHeaders(unlocked), options));
  const { encrypted_blob, hint, purge_at, views_left, chunks } = checkReply(url, () =>
    parseReadReply(reply.json),
  );
  const { content, meta } = await open(encrypted_blob, link, unlocked);
  const claimed = reply.headers.get(HEADERS.claim) === claim;
  return {
    ...meta,
    bytes: content,
    claimed,
    unlocked,
    chunkRequests: { url: `${url}/chunks`, headers },
    ...(chunks === undefined ? {} : { chunks }),
    ...(hint === undefined ? {} : { hint }),
    ...(purge_at === undefined ? {} : { purgeAt: purge_at }),
    ...(views_left === undefined ? {} : { viewsLeft: views_left }),
    async acknowledge() {
      if (claimed) await send({ method: 'DELETE', url, headers: { [HEADERS.claim]: claim } }, options);
    },
  };
}

/** Options of {@link requestCode}. */
export interface RequestCodeOptions
  extends Pick<RetrieveSecretOptions, 'passphrase' | 'fetch' | 'timeout' | 'signal'> {
  /** Of the message, as `Accept-Language` has them: `de`, or `fr, en`. Default: the server's, or the browser's. */
  language?: string;
}

/** Where a code went. */
export interface SentCode {
  /** Masked: `a…@e….org`, or `+49…56`. */
  readonly sentTo: string;
  /** Seconds until another can be asked for. */
  readonly retryAfter: number;
}

/**
 * Has a code sent to the mail address or phone number that the sender of a secret has named: the one that `readSecret` and
 * the others take as `code`, within 10 minutes. It takes the place of one that was sent before.
 * @throws ValidationError as {@link readSecret} does, and `NEEDS_VERSION_2` for a version 1 link.
 * @throws ApiError as {@link readSecret} does; 429 `RATE_LIMIT_EXCEEDED` when one was sent a minute ago, or enough of them.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 */
export async function requestCode(from: LinkOrPair, options: RequestCodeOptions = {}): Promise<SentCode> {
  const { url, headers } = await authorizeByLink(from, options.passphrase);
  const language = options.language === undefined ? {} : { 'Accept-Language': options.language };
  const { askForCode } = await import('./gates/code.js');
  const ask = (solved: Record<string, string>) =>
    askForCode(url, { ...headers, ...language, ...solved }, options);
  const { sent_to, retry_after } = await atGates(ask, url, headers, options);
  return { sentTo: sent_to, retryAfter: retry_after };
}

/** The header of a code, for which its rules are loaded. @throws ValidationError `INVALID_CODE`. */
async function codeHeader(code: string): Promise<Record<string, string>> {
  const { digitsOf } = await import('./gates/code.js');
  return { [HEADERS.code]: digitsOf(code) };
}

/** The puzzle that was solved last. It is good until it has given a view: for a code first, and for each try of one. */
let solved: { readonly url: string; readonly headers: Record<string, string> } | undefined;

/** Reads, and solves a puzzle where it takes one. The code for that is loaded then. */
async function atGates<T>(
  ask: (headers: Record<string, string>) => Promise<T>,
  url: string,
  proofs: Readonly<Record<string, string>>,
  options: TransportOptions,
): Promise<T> {
  try {
    return await ask(solved?.url === url ? solved.headers : {});
  } catch (error) {
    if (!(error instanceof ApiError && error.isVerdict && error.code === 'CAPTCHA_REQUIRED')) throw error;
    const { solvedPuzzle } = await import('./gates/puzzle.js');
    const headers = await solvedPuzzle(url, proofs, options);
    solved = { url, headers };
    return ask(headers);
  }
}

async function open(
  blob: string,
  link: Link,
  unlocked: UnlockedKey | null,
): Promise<{ content: Bytes; meta: Meta }> {
  return unlocked === null ? { content: await openV1(blob, link.key), meta: {} } : openV2(blob, unlocked);
}
