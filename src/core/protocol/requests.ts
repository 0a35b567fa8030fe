/** Requests as they travel (PROTOCOL.md section 4), and the rules for them that clients and servers both check. */

import { isBase64url } from '../base64url.js';
import type { Version } from '../key.js';
import type { GatesBody } from './gates.js';
import { MAX_HINT_LENGTH, MAX_VIEWS } from './limits.js';

/** Request and reply headers of the protocol. */
export const HEADERS = {
  idempotencyKey: 'Idempotency-Key',
  proof: 'Zephr-Proof',
  linkProof: 'Zephr-Link-Proof',
  claim: 'Zephr-Claim',
  chunks: 'Zephr-Chunks',
  captcha: 'Zephr-Captcha',
  code: 'Zephr-Code',
  receipt: 'Zephr-Receipt',
  retryAfter: 'Retry-After',
} as const;

/** The body of `POST /api/secrets`. */
export interface CreateBody {
  readonly encrypted_blob: string;
  /** Minutes. */
  readonly expiry: number;
  /** Hours: what the oldest clients send in place of `expiry`. */
  readonly expiry_hours?: number;
  readonly split_url_mode: boolean;
  readonly hint?: string;
  readonly callback_url?: string;
  readonly callback_secret?: string;
  /** Absent means 1. */
  readonly version?: Version;
  readonly proof_hash?: string;
  /** Version 2 with a passphrase. */
  readonly link_proof_hash?: string;
  /** base64url of the SHA-256 of the receipt that the sender keeps, in both versions. */
  readonly receipt_hash?: string;
  readonly views?: number;
  /** Version 2: the upload whose chunks are the secret's, and how many they are. */
  readonly upload?: string;
  readonly chunks?: number;
  /** Version 2: what a reader must pass besides the key. */
  readonly gates?: GatesBody;
}

/** 32 bytes in base64url. */
const PROOF_LENGTH = 43;

/** Longest `callback_url` and `callback_secret`, in UTF-16 code units, as JavaScript counts them. */
export const MAX_CALLBACK_URL_LENGTH = 2048;
export const MAX_CALLBACK_SECRET_LENGTH = 256;

const HINT = new RegExp(
  `^[^\\p{Control}\\p{Surrogate}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069]{1,${MAX_HINT_LENGTH}}$`,
  'u',
);

/** Whether `text` can be an idempotency key: 1 to 64 letters, digits or hyphens. */
export function isIdempotencyKey(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}

/** Whether `text` can be a claim: 22 to 64 characters of base64url. */
export function isClaim(text: string): boolean {
  return /^[A-Za-z0-9_-]{22,64}$/.test(text);
}

/** Whether `text` has the form of a proof or a receipt, which is that of their hashes as well: 32 bytes in base64url. */
export function isProof(text: string): boolean {
  return text.length === PROOF_LENGTH && isBase64url(text);
}

/** Whether `text` has the form of an API key (section 6). */
export function isApiKey(text: string): boolean {
  return /^zeph_[A-Za-z0-9]{40}$/.test(text);
}

/**
 * Whether `text` can be a hint: 1 to 128 printable characters of Unicode. A character is a code point; controls, also
 * those that turn the direction of writing (embeddings, overrides, isolates), line and paragraph separators and lone
 * surrogates are not printable.
 */
export function isHint(text: string): boolean {
  return text.length <= 2 * MAX_HINT_LENGTH && HINT.test(text);
}

/** Whether a secret can have so many views: a whole number from 1 to 1,000. */
export function isViews(views: unknown): views is number {
  return typeof views === 'number' && Number.isInteger(views) && views >= 1 && views <= MAX_VIEWS;
}

/** What can be wrong with a callback's URL: clients and servers each have their own words for it. */
export type CallbackUrlProblem = 'too long' | 'not a URL' | 'wrong protocol' | 'has a user';

/**
 * The first rule that a callback's URL breaks, or `null` if it keeps them all. Which hosts may be called is for the
 * server to say.
 * @param protocols what it may start with, such as `https:`.
 */
export function callbackUrlProblem(url: string, protocols: readonly string[]): CallbackUrlProblem | null {
  if (url.length > MAX_CALLBACK_URL_LENGTH) return 'too long';
  if (!isStorable(url) || !URL.canParse(url)) return 'not a URL';
  const { protocol, username, password } = new URL(url);
  if (!protocols.includes(protocol)) return 'wrong protocol';
  return username === '' && password === '' ? null : 'has a user';
}

/** What can be wrong with a callback's secret, likewise. */
export type CallbackSecretProblem = 'wrong length' | 'not storable';

/** The first rule that a callback's secret breaks, or `null` if it keeps them all. */
export function callbackSecretProblem(secret: string): CallbackSecretProblem | null {
  if (secret === '' || secret.length > MAX_CALLBACK_SECRET_LENGTH) return 'wrong length';
  // A store that cut it at U+0000 would sign with what is left: with nothing, if that comes first.
  return isStorable(secret) ? null : 'not storable';
}

/** Whether every store gives `text` back as it came: well-formed Unicode without U+0000. */
function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
