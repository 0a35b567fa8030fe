/**
 * What the server asks of a place that keeps secrets. The verbs state the contract: every engine is held to it by
 * the same tests, and whatever decides who may read is decided inside one transaction of the engine.
 *
 * Times are milliseconds since 1970 (UTC) and come from the caller; an engine has no clock of its own. Every verb
 * rejects with {@link StoreError} when the engine fails, and then nothing has happened.
 */

import { ZephrError } from '../../../core/errors.js';
import type { Version } from '../../../core/key.js';
import type { KeyStore } from './keys.js';
import type { Outbox } from './outbox.js';

/** What a client asks to keep, checked field by field. Whether the caller's limits allow it is another question. */
export interface CreateRequest {
  /** base64url. */
  readonly blob: string;
  /** Whole minutes, 1 or more. */
  readonly expiry: number;
  readonly splitUrlMode: boolean;
  readonly hint: string | null;
  readonly callback: { readonly url: string; readonly secret: string } | null;
  readonly version: Version;
  /** 43 characters of base64url; for version 2 always there, for version 1 never. */
  readonly proofHash: string | null;
  readonly views: number;
}

/** A secret to keep: what the request asked for, and what the server added to it. */
export interface NewSecret extends Omit<CreateRequest, 'expiry'> {
  /** 22 characters of base64url, never used before. */
  readonly id: string;
  /** Who creates it: a name the server made up for a key or an address, never the address itself. */
  readonly caller: string;
  readonly idempotency: Idempotency | null;
  /** What this create counts against; `null` for nothing. */
  readonly quota: Quota | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** How many creates may be counted by one counter before it ends. */
export interface Quota {
  /** Whose creates, and which of their counters: each `counter` and `endsAt` counts for itself, from 0. */
  readonly counter: string;
  /** 1 or more. */
  readonly limit: number;
  /** From then on the count is of no use to anybody, and a purge forgets it. */
  readonly endsAt: number;
}

/** What makes a create safe to repeat (PROTOCOL.md section 4, Create). */
export interface Idempotency {
  /** The caller's own name for this create. */
  readonly key: string;
  /** base64url of the SHA-256 of the request's body: the same key with another body is a conflict. */
  readonly bodyHash: string;
}

/**
 * How a create ended: made now, made earlier by the same request, refused because the idempotency key names another
 * request, or refused because the quota is used up.
 */
export type CreateOutcome =
  | {
      readonly outcome: 'created' | 'replayed';
      readonly id: string;
      readonly version: Version;
      readonly views: number;
      readonly expiresAt: number;
    }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'limited' };

/** All that is known of a secret but its ciphertext. Stays as a tombstone until 24 h past the expiry. */
export interface SecretRecord {
  readonly version: Version;
  readonly hint: string | null;
  /** base64url of the SHA-256 of the proof; `null` for version 1. */
  readonly proofHash: string | null;
  readonly views: number;
  readonly viewsLeft: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly firstReadAt: number | null;
  readonly revokedAt: number | null;
  /** Whether the ciphertext is gone. */
  readonly destroyed: boolean;
}

/** What a reader gets. */
export interface Taken {
  readonly blob: string;
  readonly hint: string | null;
  readonly viewsLeft: number;
  /** With a claim: until when it reads again. Without: when the view was taken. */
  readonly purgeAt: number;
}

/** What a revocation found: `revoked` now or earlier, or too late because all views were taken or time ran out. */
export type Revocation = 'revoked' | 'consumed' | 'expired' | 'unknown';

/** What a purge did. */
export interface Purged {
  /** Ciphertexts destroyed. */
  readonly destroyed: number;
  /** Tombstones forgotten. */
  readonly forgotten: number;
}

/** A place that keeps secrets, hands each out as often as allowed, and destroys it. */
export interface Store {
  /** Random text, made with the store and kept in it: names callers without keeping their addresses. */
  readonly callerSalt: string;

  /**
   * The webhooks to deliver. In the same transaction that changes a secret with a callback, the verbs below append
   * `secret.consumed` when the first view is taken, `secret.revoked` when a revocation denies somebody a view, and
   * `secret.expired`, as of the expiry, when ciphertext is destroyed of which no view was taken.
   */
  readonly outbox: Outbox;

  /** The API keys. */
  readonly keys: KeyStore;

  /**
   * Keeps a secret, durably before it resolves. With an idempotency key that the same caller used in the last
   * 24 h, nothing is kept: the earlier outcome is told again, or `conflict` if the body differs. Otherwise it is
   * counted against its quota, in the same transaction: of any number of creates as many succeed as there are left,
   * and the rest are `limited`, leave nothing behind and are not counted.
   */
  create(secret: NewSecret): Promise<CreateOutcome>;

  /** The record of `id`, or `null` if there never was one or its tombstone is past its time. Changes nothing. */
  find(id: string, now: number): Promise<SecretRecord | null>;

  /**
   * Takes one view. Of any number of takers exactly `views` succeed, ever, and only before the expiry and before a
   * revocation. A claim is given its view for {@link LEASE_MS}: the same claim takes the same bytes again without
   * another view until that lease ends or is acknowledged, and nothing afterwards. A taker without a claim destroys
   * the ciphertext with the last view, unless another's lease is still live: then the last lease's end destroys it.
   * @returns `null` when there is nothing to take; {@link Store.find} tells why.
   */
  take(id: string, claim: string | null, now: number): Promise<Taken | null>;

  /** Ends the lease of `claim`, if it has one. Destroys the ciphertext when no view and no other lease is left. */
  acknowledge(id: string, claim: string, now: number): Promise<void>;

  /**
   * Ends the secret for everyone, those with a live lease included: whatever it finds, no ciphertext is left.
   * `revoked` only if that denied somebody a view, by this call or an earlier one.
   */
  revoke(id: string, now: number): Promise<Revocation>;

  /**
   * Enters a proof that `caller` gave for the record, right or wrong, into the count of section 4, Read. While the
   * caller is locked nothing is counted, whatever the proof. A right proof clears the count.
   * @returns until when the caller is locked, or `null` if the proof may be acted on.
   */
  recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null>;

  /** How much is used of each quota that ends at `endsAt`, by counter. What nothing was counted against is missing. */
  counts(endsAt: number): Promise<ReadonlyMap<string, number>>;

  /**
   * Destroys ciphertext past its end, and forgets tombstones and counts past theirs, in batches small enough that
   * other callers never wait long. When it resolves, no copy of anything destroyed before the call is left in the
   * engine's files. Once `signal` is aborted it stops after the batch under way.
   */
  purge(now: number, signal?: AbortSignal): Promise<Purged>;

  /** Resolves if the engine answers, and can write as far as that can be told without doing so each time. */
  ping(): Promise<void>;

  /** Finishes what was asked for and lets go of the engine. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** The engine failed: nothing was kept, taken or destroyed. The cause tells why, to the operator only. */
export class StoreError extends ZephrError {
  override readonly name = 'StoreError';

  constructor(cause: unknown) {
    super('the store does not answer', 'STORE_UNAVAILABLE', { cause });
  }
}

/** More is under way than the store can answer in time: this was not passed on to it. Try again in a second. */
export class StoreBusyError extends ZephrError {
  override readonly name = 'StoreBusyError';

  constructor() {
    super('the server is busy: try again', 'SERVER_BUSY');
  }
}
