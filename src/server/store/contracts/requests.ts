/**
 * Requests for a secret as a store keeps them: each takes as many answers as it was made for, and then no more
 * (core/protocol/PROTOCOL.md section 8). An answer is a secret of the same store, made in the transaction that takes it.
 * Also the rules that every engine shares.
 */

import type { Bytes } from '../../../core/bytes.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import type { Gates } from './gates.js';
import { type Lifecycle, TOMBSTONE_MS } from './lifecycle.js';
import { type KeyRefusal, sameHash } from './proofs.js';
import type { Quota } from './quotas.js';
import type { CreateRequest, Idempotency, KeepOutcome, NewSecret, Unknown } from './secrets.js';

/** What a request is made with, and what every answer to it is made by. Never changes. */
interface RequestTerms {
  /** 43 characters of base64url, of X25519. */
  readonly publicKey: string;
  /** How long an answer waits to be read, in whole minutes. */
  readonly secretExpiry: number;
  /** How many answers there can be, and how often each can be read. */
  readonly answers: number;
  readonly answerViews: number;
  /** The longest blob of an answer, in characters: who asked may create such a one. */
  readonly longestBlob: number;
  /** The most bytes of an answer's files together, likewise. */
  readonly longestUpload: number;
  /** Who asks, as for a secret. */
  readonly caller: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A request to keep. */
export interface NewRequest extends RequestTerms {
  /** 22 characters of base64url, never used before. */
  readonly id: string;
  readonly sealedMessage: Bytes;
  /** What who answers is known by, and what who asked: base64url of the SHA-256 of what they show. */
  readonly proofHash: string;
  readonly receiptHash: string;
  readonly callback: CreateRequest['callback'];
  /** Those of its answers. */
  readonly gates: Gates | null;
  readonly idempotency: Idempotency | null;
  /** What the answers count against, from now on, and how many creates they count as; `null` for nothing. */
  readonly quota: (Quota & { readonly amount: number }) | null;
}

/** How the making of a request ended, as for a secret. `limited`: fewer are left of the quota than it has answers. */
export type RequestOutcome =
  | { readonly outcome: 'created' | 'replayed'; readonly id: string; readonly expiresAt: number }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'limited' };

/** What decides a request's state. */
interface RequestLifecycle {
  readonly answersLeft: number;
  readonly expiresAt: number;
  readonly cancelledAt: number | null;
  /** Whether its message is gone: because it was cancelled, or a purge has found it expired. */
  readonly destroyed: boolean;
}

/** What stays known of a request: a tombstone, for 24 h after its expiry and that of its last answer. */
export interface RequestRecord extends RequestTerms, RequestLifecycle {
  readonly id: string;
}

/** A request as who answers gets it. */
export interface FoundRequest extends RequestRecord {
  readonly outcome: 'found';
  readonly sealedMessage: Bytes | null;
}

/** A request as who asked gets it: with its answers, in the order they came, as long as their secrets are known. */
export interface AnsweredRequest extends RequestRecord {
  readonly outcome: 'found';
  readonly received: readonly AnswerRecord[];
}

/** An answer to a request. */
export interface AnswerRecord extends Lifecycle {
  readonly id: string;
  /** Its secret's key, for who asked alone; `null` once nobody can read that secret any more. */
  readonly wrappedKey: Bytes | null;
  readonly createdAt: number;
}

/** A secret to keep as an answer, with what its request says of its views and its expiry. */
export interface NewAnswer {
  /** Its `caller` is what {@link answererOf} names; it counts against nothing, has no callback, and its request's gates. */
  readonly secret: NewSecret;
  readonly wrappedKey: Bytes;
  /** Whether who asked has room for it. Without, nothing is taken, and only a repeated answer is told its outcome. */
  readonly hasRoom: boolean;
}

/** Why a store does nothing with a request: what was shown is missing or wrong. Tells nothing of its state. */
export interface RequestRefused {
  readonly outcome: Exclude<KeyRefusal, 'not provable'>;
}

/** The request is not open any more. */
export interface Closed {
  readonly outcome: 'closed';
  readonly state: Exclude<RequestState, 'open'>;
}

/** How an answer ended. */
export type AnswerOutcome = KeepOutcome | Closed | RequestRefused | Unknown;

/** How a cancellation ended: by this call or an earlier one, or too late. */
export type CancelOutcome = { readonly outcome: 'cancelled' } | Closed | RequestRefused | Unknown;

/** By what who asked is known: the receipt that they kept, or the API key that made the request. */
export type Asker = { readonly receiptHash: string | null } | { readonly caller: string };

/** Which requests a list has. */
export interface RequestPage {
  readonly state: RequestState | null;
  /** Only those that come after this one in the list, by its time of creation and id. */
  readonly after: { readonly createdAt: number; readonly id: string } | null;
  /** Most requests, 1 or more. */
  readonly limit: number;
}

/**
 * The requests of one store. In the same transaction that changes a request with a callback, the verbs append to the
 * outbox: `request.answered` with each answer, `request.cancelled`, and `request.expired`, as of the expiry, when a
 * purge finds that an open one has expired. What is shown is judged before anything else is told.
 */
export interface RequestStore {
  /**
   * Keeps a request, durably before it resolves. Idempotency keys are as for secrets, but apart from theirs. All its
   * answers are counted against the quota in the same transaction, or none and it is `limited`.
   * @throws StoreFullError as for a secret.
   */
  createRequest(request: NewRequest): Promise<RequestOutcome>;

  /** What a request asks for, and what has become of it. Changes nothing. */
  findRequest(
    id: string,
    proofHash: string | null,
    now: number,
  ): Promise<FoundRequest | RequestRefused | Unknown>;

  /**
   * Takes one of the answers left and keeps its secret, durably before it resolves. Of any number of answers as many
   * succeed as are left, and only before the expiry and before a cancellation. With an idempotency key that was used
   * for this request in the last 24 h, nothing is taken: the earlier outcome is returned again, whatever has become of
   * the request, or `conflict` if the body differs.
   * @throws StoreFullError as for a secret, and for an open request if there is no room for the answer.
   */
  answer(id: string, answer: NewAnswer, proofHash: string | null): Promise<AnswerOutcome>;

  /** What has become of a request, and its answers. Changes nothing. */
  listAnswers(
    id: string,
    receiptHash: string | null,
    now: number,
  ): Promise<AnsweredRequest | RequestRefused | Unknown>;

  /**
   * Lets no more answers in. Those that are there stay as they are.
   * @param asker who is not the caller that made the request finds it unknown.
   */
  cancelRequest(id: string, asker: Asker, now: number): Promise<CancelOutcome>;

  /** The requests of a caller, the newest first; of the same time, the highest id (in ASCII) first. */
  listRequests(caller: string, page: RequestPage, now: number): Promise<readonly RequestRecord[]>;
}

/** The state at `now`. A request that was found expired stays so where the clock is earlier again. */
export function requestStateOf(
  { answersLeft, expiresAt, cancelledAt, destroyed }: RequestLifecycle,
  now: number,
): RequestState {
  if (cancelledAt !== null) return 'cancelled';
  if (answersLeft <= 0) return 'answered';
  return destroyed || expiresAt <= now ? 'expired' : 'open';
}

/** Who makes the answers to a request, as the store has it: their idempotency keys are the request's. */
export function answererOf(requestId: string): string {
  return `${ANSWERER}${requestId}`;
}

/** What the names of those who answer begin with. No other caller's name holds a colon. */
export const ANSWERER = 'request:';

/** Whether a caller's name is one that {@link answererOf} gives. */
export function isAnswerer(caller: string): boolean {
  return caller.startsWith(ANSWERER);
}

/** The id of the request that a caller answers, whose name {@link answererOf} gave; `null` for any other. */
export function answeredBy(caller: string): string | null {
  return isAnswerer(caller) ? caller.slice(ANSWERER.length) : null;
}

/**
 * When a request is forgotten and its id is unknown again.
 * @param lastEnd its expiry, or that of its last answer if that is later.
 */
export function requestForgottenAt(lastEnd: number): number {
  return lastEnd + TOMBSTONE_MS;
}

/** What is wrong with what somebody shows of a request, or `null`. */
export function requestRefusal(kept: string, shown: string | null): RequestRefused | null {
  if (shown === null) return { outcome: 'proof required' };
  return sameHash(kept, shown) ? null : { outcome: 'wrong key' };
}
