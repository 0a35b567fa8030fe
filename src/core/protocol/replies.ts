/** The replies of PROTOCOL.md section 4: what servers write, and what clients check before they use it. */

import { isBase64url } from '../base64url.js';
import { ApiError, ValidationError } from '../errors.js';
import { END_MS, instantOf } from '../instants.js';
import type { Version } from '../key.js';
import { isSecretId } from '../link.js';
import { GATE_OFFERS, GATES, type GateOffer, type GatesReply } from './gates.js';
import { ENVELOPE_BYTES, MAX_BLOB_LENGTH, MAX_VIEWS } from './limits.js';
import { isHint } from './requests.js';

/** The longest reply of a server, in bytes: the largest blob and the JSON around it. */
export const MAX_REPLY_BYTES = MAX_BLOB_LENGTH + ENVELOPE_BYTES;

/** The body of a create's 201. */
export interface CreatedReply {
  readonly id: string;
  /** ISO 8601 with milliseconds and `Z`. */
  readonly expires_at: string;
  readonly version?: 2;
  readonly views?: number;
  /** Version 2: which of the create's fields in {@link KEPT} the server keeps and will hold readers to. */
  readonly kept?: readonly Kept[];
}

/** Fields of a create that a server may not know, and then ignores. */
export const KEPT = ['gates', 'receipt_hash', 'link_proof_hash'] as const;

export type Kept = (typeof KEPT)[number];

/** The body of a read's 200. */
export interface ReadReply {
  readonly encrypted_blob: string;
  readonly hint?: string;
  /** Until when the same claim can read again; without a claim, when the ciphertext was destroyed. ISO 8601. */
  readonly purge_at?: string;
  readonly version?: 2;
  readonly views_left?: number;
  /** How many chunks of files there are beside the blob; missing where there are none. */
  readonly chunks?: number;
}

/** The states of a secret. */
export const SECRET_STATES = ['waiting', 'read', 'expired', 'revoked'] as const;

export type SecretState = (typeof SECRET_STATES)[number];

/** The body of a status's 200. Times are ISO 8601. */
export interface StatusReply extends Partial<GatesReply> {
  readonly state: SecretState;
  /** Left out where it breaks its rule. */
  readonly hint?: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly views: number;
  readonly views_left: number;
  readonly first_read_at?: string;
  /** As for a read. */
  readonly chunks?: number;
  readonly last_read_at?: string;
  /** To its sender only: when it was read, at most the last {@link MAX_READS} times, the last one last. */
  readonly reads?: readonly ReadEntry[];
  /** To its sender only: how many wrong passphrases were tried. */
  readonly wrong_passphrases?: number;
}

/** The body of the 200 of `POST /api/receipts`: an answer for each receipt, in their order. */
export interface ReceiptsReply {
  readonly secrets: readonly InquiryReply[];
}

/** What became of one secret, or the code of why that is not told. */
export type InquiryReply = { readonly id: string } & (
  | StatusReply
  | { readonly error: { readonly code: string } }
);

/** One read of a secret. */
export interface ReadEntry {
  /** ISO 8601. */
  readonly at: string;
  /** Whether the reader said that the secret arrived. */
  readonly acknowledged: boolean;
}

/** Most reads that a status tells of. */
export const MAX_READS = 100;

/** The body of a health check's 200, without the members that break their rule. */
export interface HealthReply {
  /** The server's software, such as `2.0.0`. */
  readonly version?: string;
  /** The versions of the protocol it speaks. */
  readonly protocol: readonly number[];
  /** What a caller without an API key may do: `open`, `tiered` or `closed`. */
  readonly access?: string;
  /** The tier of the API key in the request; missing without one. */
  readonly tier?: string;
  /** The limits of that API key; those of a caller without one when `tier` is missing. */
  readonly limits?: HealthLimits;
  /** Which gates it offers; missing in a server that knows none. */
  readonly gates?: readonly GateOffer[];
}

/** Expiry in minutes, blob in characters. Servers of version 1 know no uploads. */
export interface HealthLimits {
  readonly expiry: { readonly min: number; readonly max: number };
  readonly blob: number;
  /** Longest stream of files, in bytes; 0 or missing where the server takes none. */
  readonly upload?: number;
}

/** The body of every error's reply. */
export interface ErrorReply {
  readonly error: { readonly code: string; readonly message: string };
}

/** The longest part of a server's message that a client passes on, in characters. */
const MAX_MESSAGE_LENGTH = 300;

/**
 * Checks the reply to a create of `version`. A version 2 reply without `kept` keeps none of those fields.
 * @throws ValidationError `UNSUPPORTED_BY_SERVER` when the server created a version 1 secret for a version 2 request,
 *   else `INVALID_REPLY`.
 */
export function parseCreatedReply(json: unknown, version: Version): CreatedReply {
  const reply = object(json);
  const { id, expires_at } = reply;
  if (typeof id !== 'string' || !isSecretId(id)) throw invalidReply('id');
  const expires = instantOf(expires_at);
  if (expires === null) throw invalidReply('expires_at');
  const named: readonly unknown[] = Array.isArray(reply.kept) ? reply.kept : [];
  const kept = KEPT.filter((field) => named.includes(field));
  if (version === 1) return { id, expires_at: expires, ...(kept.length === 0 ? {} : { kept }) };
  if (reply.version !== 2) {
    throw new ValidationError('the server speaks only version 1 of the protocol', 'UNSUPPORTED_BY_SERVER');
  }
  const views = reply.views;
  if (!isCount(views, 1)) throw invalidReply('views');
  return { id, expires_at: expires, version: 2, views, kept };
}

/**
 * Checks the reply to a read. The read may have used up the secret, so only the blob must be right, and the number of
 * its chunks: other members that break their rule are left out.
 * @throws ValidationError `INVALID_REPLY`.
 */
export function parseReadReply(json: unknown): ReadReply {
  const { encrypted_blob, hint, purge_at, views_left, chunks } = object(json);
  if (
    typeof encrypted_blob !== 'string' ||
    encrypted_blob.length > MAX_BLOB_LENGTH ||
    !isBase64url(encrypted_blob)
  ) {
    throw invalidReply('encrypted_blob');
  }
  if (chunks !== undefined && !isChunks(chunks)) throw invalidReply('chunks');
  return {
    encrypted_blob,
    ...(chunks === undefined ? {} : { chunks }),
    ...(typeof hint === 'string' && isHint(hint) ? { hint } : {}),
    ...purgeTime(purge_at),
    ...(isCount(views_left, 0) ? { views_left } : {}),
  };
}

/**
 * Checks the reply to a status request.
 * @throws ValidationError `INVALID_REPLY`.
 */
export function parseStatusReply(json: unknown): StatusReply {
  const { state, hint, created_at, expires_at, views, views_left, chunks } = object(json);
  if (!SECRET_STATES.some((known) => known === state)) throw invalidReply('state');
  const created = instantOf(created_at);
  if (created === null) throw invalidReply('created_at');
  const expires = instantOf(expires_at);
  if (expires === null) throw invalidReply('expires_at');
  if (!isCount(views, 1)) throw invalidReply('views');
  if (!isCount(views_left, 0) || views_left > views) throw invalidReply('views_left');
  const times = { created_at: created, expires_at: expires };
  const label = typeof hint === 'string' && isHint(hint) ? { hint } : {};
  if (chunks !== undefined && !isChunks(chunks)) throw invalidReply('chunks');
  const common = {
    state: state as SecretState,
    ...label,
    ...times,
    views,
    views_left,
    ...(chunks === undefined ? {} : { chunks }),
  };
  return { ...common, ...readTimes(object(json)), ...gatesIn(object(json)), ...forSender(object(json)) };
}

/** When a secret was read, first and last. */
function readTimes(reply: Record<string, unknown>): Pick<StatusReply, 'first_read_at' | 'last_read_at'> {
  const times: { first_read_at?: string; last_read_at?: string } = {};
  for (const name of ['first_read_at', 'last_read_at'] as const) {
    const value = reply[name] ?? null;
    if (value === null) continue;
    const instant = instantOf(value);
    if (instant === null) throw invalidReply(name);
    times[name] = instant;
  }
  return times;
}

/** The gates of a secret. A name that this client does not know is left out. */
function gatesIn({ gates, not_before, sent_to }: Record<string, unknown>): Partial<GatesReply> {
  if (!Array.isArray(gates)) return {};
  const instant = instantOf(not_before);
  return {
    gates: GATES.filter((gate) => gates.includes(gate)),
    ...(instant === null ? {} : { not_before: instant }),
    ...(isMasked(sent_to) ? { sent_to } : {}),
  };
}

/** Whether a text can be where a code goes, masked: without anything that a terminal or a page could act on. */
export function isMasked(text: unknown): text is string {
  return typeof text === 'string' && /^[\w!#$%&'*+/=?^`{|}~.@\u2026-]{1,64}$/.test(text);
}

/** What only a sender is told. */
function forSender({
  reads,
  wrong_passphrases,
}: Record<string, unknown>): Pick<StatusReply, 'reads' | 'wrong_passphrases'> {
  return {
    ...(reads === undefined ? {} : { reads: parseReads(reads) }),
    ...(Number.isSafeInteger(wrong_passphrases) ? { wrong_passphrases: Number(wrong_passphrases) } : {}),
  };
}

function parseReads(reads: unknown): ReadEntry[] {
  if (!Array.isArray(reads)) throw invalidReply('reads');
  return reads.slice(-MAX_READS).map((entry: unknown) => {
    const { at, acknowledged } = object(entry);
    const instant = instantOf(at);
    if (instant === null) throw invalidReply('reads');
    return { at: instant, acknowledged: acknowledged === true };
  });
}

/**
 * Checks the reply to `POST /api/receipts`: an answer to each of `asked`, in order.
 * @throws ValidationError `INVALID_REPLY`.
 */
export function parseReceiptsReply(
  json: unknown,
  asked: readonly { readonly id: string }[],
): readonly InquiryReply[] {
  const { secrets } = object(json);
  if (!Array.isArray(secrets) || secrets.length !== asked.length) throw invalidReply('secrets');
  return secrets.map((one: unknown, place) => {
    const { id, error } = object(one);
    if (typeof id !== 'string' || id !== asked[place]?.id) throw invalidReply('id');
    if (error === undefined) return { id, ...parseStatusReply(one) };
    const { code } = object(error);
    if (!isWord(code)) throw invalidReply('code');
    return { id, error: { code } };
  });
}

/**
 * Checks the reply to a health check. Only `status` and the protocol versions must be right: other members that break
 * their rule are left out.
 * @throws ValidationError `INVALID_REPLY`.
 */
export function parseHealthReply(json: unknown): HealthReply {
  const { status, version, protocol, access, tier, limits, gates } = object(json);
  if (status !== 'ok') throw invalidReply('status');
  if (!Array.isArray(protocol) || protocol.length === 0 || !protocol.every(Number.isSafeInteger)) {
    throw invalidReply('protocol');
  }
  return {
    protocol: protocol as readonly number[],
    ...(isWord(version) ? { version } : {}),
    ...(isWord(access) ? { access } : {}),
    ...(isWord(tier) ? { tier } : {}),
    ...(isHealthLimits(limits) ? { limits } : {}),
    ...(Array.isArray(gates) ? { gates: GATE_OFFERS.filter((offer) => gates.includes(offer)) } : {}),
  };
}

/**
 * The error for a reply of `status`, with the server's own code and message. A body of any other form may come from a
 * proxy on the way: it is not shown, and the error has a plain sentence and the code `HTTP_<status>`.
 * @param retryAfter seconds
 * @param answer what answered, in words, for an answer of another form
 */
export function parseErrorReply(status: number, json: unknown, retryAfter?: number, answer = ''): ApiError {
  const options = retryAfter === undefined ? {} : { retryAfter };
  const error = isObject(json) ? json.error : undefined;
  if (isObject(error)) {
    const { code, message } = error;
    if (
      typeof code === 'string' &&
      /^[A-Z][A-Z0-9_]{0,63}$/.test(code) &&
      typeof message === 'string' &&
      message !== ''
    ) {
      return new ApiError(beginningOf(message), status, code, options);
    }
  }
  const sentence = `Request failed (HTTP ${status}).${answer === '' ? '' : ` The answer is ${answer}.`}`;
  return new ApiError(sentence, status, `HTTP_${status}`, options);
}

/** As much of a message as is passed on, without half a surrogate pair at its end. */
function beginningOf(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  return message.slice(0, MAX_MESSAGE_LENGTH).replace(/[\ud800-\udbff]$/, '');
}

export function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** The members of a reply's body. @throws ValidationError `INVALID_REPLY` when it is no object. */
export function object(json: unknown): Record<string, unknown> {
  if (!isObject(json)) throw invalidReply('the body');
  return json;
}

/** `purge_at`, which servers of version 1 may give in seconds since 1970; left out when it is neither. */
function purgeTime(value: unknown): { purge_at?: string } {
  const instant = instantOf(value);
  if (instant !== null) return { purge_at: instant };
  const seconds = typeof value === 'number' && value > 0 && value * 1000 < END_MS ? value : null;
  return seconds === null ? {} : { purge_at: new Date(seconds * 1000).toISOString() };
}

export function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX_VIEWS;
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.+-]{1,64}$/.test(value);
}

/** Whether it can be the number of a secret's chunks. */
export function isChunks(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isHealthLimits(value: unknown): value is HealthLimits {
  if (!isObject(value) || !isObject(value.expiry)) return false;
  const { expiry, blob, upload = 0 } = value;
  return (
    Number.isSafeInteger(upload) &&
    Number(upload) >= 0 &&
    [expiry.min, expiry.max, blob].every((limit) => Number.isSafeInteger(limit) && Number(limit) >= 1)
  );
}

/** @param what the member that breaks its rule, or `the body`. */
export function invalidReply(what: string): ValidationError {
  return new ValidationError(`the reply is not zephr's: ${what} is wrong`, 'INVALID_REPLY');
}
