/**
 * Secrets as a store keeps them: handed out as often as allowed, then destroyed. Of any number of callers, in any
 * number of processes, the store alone decides who reads, and it decides inside one transaction.
 */

import type { Version } from '../../../core/key.js';
import type { Quota } from './quotas.js';

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

/** A secret to keep: what the request asked for, and what the server adds to it. */
export interface NewSecret extends Omit<CreateRequest, 'expiry'> {
  /** 22 characters of base64url, never used before. */
  readonly id: string;
  /** Who creates it: the id of an API key, or a name made from an address, never the address itself. */
  readonly caller: string;
  readonly idempotency: Idempotency | null;
  /** What this create counts against; `null` for nothing. */
  readonly quota: Quota | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What makes a create safe to repeat (core/protocol/PROTOCOL.md section 4, Create). */
export interface Idempotency {
  /** The caller's own name for this create. */
  readonly key: string;
  /** base64url of the SHA-256 of the request's body: the same key with another body is a conflict. */
  readonly bodyHash: string;
}

/**
 * How a create ended: made now, made earlier by the same request, refused because the idempotency key was used for
 * another request, or refused because the quota is used up.
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
export interface Reading {
  readonly blob: string;
  readonly hint: string | null;
  readonly viewsLeft: number;
  /** With a claim: until when it can read again. Without: when it read. */
  readonly purgeAt: number;
}

/** What a revocation found: `revoked` now or earlier, or too late because all views were consumed or time ran out. */
export type Revocation = 'revoked' | 'consumed' | 'expired' | 'unknown';

/**
 * The secrets of one store. In the same transaction that changes a secret with a callback, the verbs append to the
 * outbox: `secret.consumed` when the first view is consumed, `secret.revoked` when a revocation denies a reader a
 * view, and `secret.expired`, as of the expiry, when ciphertext is destroyed of which no view was consumed.
 */
export interface SecretStore {
  /**
   * Keeps a secret, durably before it resolves. With an idempotency key that the same caller used in the last
   * 24 h, nothing is kept: the earlier outcome is returned again, or `conflict` if the body differs. Otherwise it is
   * counted against its quota, in the same transaction: of any number of creates as many succeed as there are left,
   * and the rest are `limited`, leave nothing behind and are not counted.
   */
  create(secret: NewSecret): Promise<CreateOutcome>;

  /** The record of `id`, or `null` if there never was one or its tombstone is past its time. Changes nothing. */
  find(id: string, now: number): Promise<SecretRecord | null>;

  /**
   * Consumes one view and returns the ciphertext. Of any number of readers exactly `views` succeed, ever, and only
   * before the expiry and before a revocation. A claim is given its view for `LEASE_MS`: the same claim reads
   * the same bytes again without another view until that lease ends or is acknowledged, and nothing afterwards. A
   * reader without a claim destroys the ciphertext with the last view, unless another reader's lease is still live:
   * then the end of the last lease destroys it.
   * @returns `null` when there is nothing to read; {@link SecretStore.find} tells why.
   */
  consume(id: string, claim: string | null, now: number): Promise<Reading | null>;

  /** Ends the lease of `claim`, if it has one. Destroys the ciphertext when no view and no other lease is left. */
  acknowledge(id: string, claim: string, now: number): Promise<void>;

  /**
   * Ends the secret for everyone, those with a live lease included: no ciphertext is left afterwards.
   * @returns `revoked` only if this call or an earlier one denied a reader a view.
   */
  revoke(id: string, now: number): Promise<Revocation>;

  /**
   * Records that `caller` showed a proof for the secret, right or wrong: core/protocol/PROTOCOL.md section 4 (Read) has
   * the rules. While the caller is locked out no proof is counted, right or wrong. A right proof clears the count.
   * @returns until when the caller is locked out, or `null` if the proof may be acted on.
   */
  recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null>;
}
