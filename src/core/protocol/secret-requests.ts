/**
 * Requests for a secret as they travel (PROTOCOL.md section 8): bodies, replies, and the rules that clients and servers
 * both check.
 */

import { isBase64url } from '../base64url.js';
import type { GatesBody } from './gates.js';
import type { Kept, SecretState } from './replies.js';

/** Most answers to one request. */
export const MAX_ANSWERS = 100;

/**
 * The longest `sealed_message`, in characters. The longest message takes about 9,600, if every character of it has to
 * be escaped in JSON.
 */
export const MAX_SEALED_MESSAGE_LENGTH = 12_288;

/** 32 bytes of an ephemeral key, and the 32 of an answer's key with a tag of 16, in base64url. */
const WRAPPED_KEY_LENGTH = 107;

/** What a request can be: it takes answers, has all of them, or takes none any more. */
export type RequestState = 'open' | 'answered' | 'expired' | 'cancelled';

export const REQUEST_STATES: readonly RequestState[] = ['open', 'answered', 'expired', 'cancelled'];

/** The only suite of keys that there is. */
export const SUITE = 'x25519';

/** The body of `POST /api/requests`. */
export interface RequestBody {
  /** 32 bytes in base64url. */
  readonly public_key: string;
  readonly suite: typeof SUITE;
  readonly sealed_message: string;
  readonly proof_hash: string;
  readonly receipt_hash: string;
  /** Minutes: how long it takes answers, and how long each of these waits to be read. */
  readonly expiry: number;
  readonly secret_expiry: number;
  /** 1 to 100. Absent means 1. */
  readonly answers?: number;
  /** How often each answer can be read, 1 to 1,000. Absent means 1. */
  readonly answer_views?: number;
  /** Those of reading the answers. */
  readonly gates?: GatesBody;
  readonly callback_url?: string;
  readonly callback_secret?: string;
}

/** The body of `POST /api/requests/{id}/answers`. */
export interface AnswerBody {
  readonly encrypted_blob: string;
  readonly split_url_mode: boolean;
  readonly hint?: string;
  readonly version: 2;
  readonly proof_hash: string;
  readonly wrapped_key: string;
  readonly receipt_hash?: string;
  readonly upload?: string;
  readonly chunks?: number;
}

/** The body of the 201 of a request, and of an answer. */
export interface RequestCreatedReply {
  readonly id: string;
  /** ISO 8601, as all times. */
  readonly expires_at: string;
  /** As for a secret: an answer's `receipt_hash` and a request's `gates`, if it has them. */
  readonly kept?: readonly Kept[];
}

/** The body of `GET /api/requests/{id}`: what who answers needs. */
export interface RequestReply {
  readonly public_key: string;
  readonly suite: typeof SUITE;
  /** Missing once the request was cancelled or its expiry has passed. */
  readonly sealed_message?: string;
  readonly state: RequestState;
  readonly expires_at: string;
  /** Minutes. */
  readonly secret_expiry: number;
  readonly answers: number;
  readonly answers_left: number;
  /** How often each answer can be read. */
  readonly answer_views: number;
  /** The longest `encrypted_blob` of an answer, in characters, and the most bytes of its files together. */
  readonly limits: { readonly blob: number; readonly upload: number };
}

/** An answer in an {@link AnswersReply}. */
export interface AnswerReply {
  readonly id: string;
  /** Missing once nobody can read the answer any more. */
  readonly wrapped_key?: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly state: SecretState;
}

/** The body of `GET /api/requests/{id}/answers`: what who asked needs. In the order in which the answers came. */
export interface AnswersReply {
  readonly state: RequestState;
  readonly expires_at: string;
  readonly answers_left: number;
  readonly answers: readonly AnswerReply[];
}

/** A request in a {@link RequestsReply}. */
export interface ListedRequestReply {
  readonly id: string;
  readonly state: RequestState;
  readonly created_at: string;
  readonly expires_at: string;
  readonly secret_expiry: number;
  readonly answers: number;
  readonly answers_left: number;
  readonly answer_views: number;
}

/** The body of `GET /api/requests`: those of an API key, the newest first. */
export interface RequestsReply {
  readonly requests: readonly ListedRequestReply[];
  /** What `after` takes for the next page. Missing on the last one. */
  readonly next?: string;
}

/** Whether a request can have so many answers: a whole number from 1 to 100. */
export function isAnswers(answers: unknown): answers is number {
  return typeof answers === 'number' && Number.isInteger(answers) && answers >= 1 && answers <= MAX_ANSWERS;
}

/** Whether `text` has the form of a sealed message. */
export function isSealedMessage(text: unknown): text is string {
  return (
    typeof text === 'string' && text !== '' && text.length <= MAX_SEALED_MESSAGE_LENGTH && isBase64url(text)
  );
}

/** Whether `text` has the form of a wrapped key: 80 bytes in base64url. */
export function isWrappedKey(text: unknown): text is string {
  return typeof text === 'string' && text.length === WRAPPED_KEY_LENGTH && isBase64url(text);
}
