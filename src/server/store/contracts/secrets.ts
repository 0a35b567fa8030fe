/**
 * Secrets as a store keeps them: handed out as often as allowed, then destroyed. Of any number of callers, in any
 * number of processes, the store alone decides who reads, and it decides inside one transaction.
 */

import type { Bytes } from '../../../core/bytes.js';
import type { Version } from '../../../core/key.js';
import type { SecretState } from '../../../core/protocol/replies.js';
import type { GateRefusal, Gates, NoSuchGate, TooManyCodes, Visitor } from './gates.js';
import type { Message } from './outbox.js';
import type { Refused, ShownBySender, ShownProofs } from './proofs.js';
import type { Quota } from './quotas.js';

/** What a client asks to keep, checked field by field. Whether the caller's limits allow it is another question. */
export interface CreateRequest {
  /** Ciphertext, alone in its buffer: a store in another thread is sent the whole buffer. */
  readonly blob: Bytes;
  /** Whole minutes, 1 or more. */
  readonly expiry: number;
  readonly splitUrlMode: boolean;
  readonly hint: string | null;
  readonly callback: { readonly url: string; readonly secret: string } | null;
  readonly version: Version;
  /** 43 characters of base64url; for version 2 always there, for version 1 never. */
  readonly proofHash: string | null;
  /** Likewise, for a secret with a passphrase. */
  readonly linkProofHash: string | null;
  /** Likewise, of the sender's receipt; `null` where it keeps none. */
  readonly receiptHash: string | null;
  readonly views: number;
  /** The upload that its chunks are in; `null` for a secret without files. */
  readonly upload: UploadReference | null;
  /** What its readers must pass besides the key, for version 2; `null` for nothing. */
  readonly gates: Gates | null;
}

/** An upload, and how many chunks it must have to be whole: 1 or more. */
export interface UploadReference {
  readonly id: string;
  readonly chunks: number;
}

/** A secret to keep: what the request asked for, and what the server adds to it. */
export interface NewSecret extends Omit<CreateRequest, 'expiry' | 'upload'> {
  /** 22 characters of base64url, never used before. */
  readonly id: string;
  /** Who creates it: the id of an API key, or a name made from an address, never the address itself. */
  readonly caller: string;
  readonly idempotency: Idempotency | null;
  /** With the hash of the request's body, by which a create that is repeated from another address is known. */
  readonly upload: (UploadReference & Pick<Idempotency, 'bodyHash'>) | null;
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
 * another request, or because the quota is used up, or because its upload is unknown or has other chunks than it says.
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
  | { readonly outcome: 'limited' }
  | { readonly outcome: 'unknown upload' }
  | { readonly outcome: 'incomplete upload' };

/** How a create ends where no quota limits it. */
export type KeepOutcome = Exclude<CreateOutcome, { readonly outcome: 'limited' }>;

/** All that is known of a secret but its ciphertext. Stays as a tombstone until 24 h past the expiry. */
export interface SecretRecord {
  readonly version: Version;
  readonly hint: string | null;
  readonly views: number;
  readonly viewsLeft: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly firstReadAt: number | null;
  readonly revokedAt: number | null;
  /** Whether the ciphertext is gone. */
  readonly destroyed: boolean;
  /** How many chunks it came with; `null` for a secret without files. */
  readonly chunks: number | null;
  /** The last `MAX_READS` views that were consumed, in their order. An older store kept none of them. */
  readonly reads: readonly ReadRecord[];
  /** How many wrong passphrases were tried. */
  readonly wrongPassphrases: number;
  /** `null` also once the ciphertext is gone. */
  readonly gates: Gates | null;
}

/** A view that was consumed. */
export interface ReadRecord {
  readonly at: number;
  /** Whether its lease was acknowledged. */
  readonly acknowledged: boolean;
}

/** What a reader gets. */
export interface Reading {
  readonly version: Version;
  readonly blob: Uint8Array;
  readonly hint: string | null;
  readonly viewsLeft: number;
  /** With a claim: until when it can read again. Without: when it read. */
  readonly purgeAt: number;
  /** How many chunks there are to fetch; `null` for none. */
  readonly chunks: number | null;
}

/** The secret has chunks, which a reader cannot fetch who asks like this. Nothing was consumed. */
export interface Unfit {
  readonly outcome: 'claim required' | 'chunks not accepted';
}

/** There is no such id: there never was, or its tombstone is past its time. */
export interface Unknown {
  readonly outcome: 'unknown';
}

/** The caller has the key, but comes too late. */
export interface Unreadable {
  readonly outcome: 'gone';
  readonly state: Exclude<SecretState, 'waiting'>;
}

/** How a read ended. */
export type ReadOutcome =
  | ({ readonly outcome: 'consumed' } & Reading)
  | Unfit
  | Unreadable
  | Refused
  | GateRefusal
  | Unknown;

/** A code to send, and what its recipient has left of messages. */
export interface NewCode {
  /** As `SentCode` has it. */
  readonly mac: string;
  readonly message: Message;
  readonly quota: Quota;
}

/** How the sending of a code ended: it is in the outbox, or not. */
export type SendCodeOutcome =
  | { readonly outcome: 'queued' }
  | NoSuchGate
  | TooManyCodes
  | Unreadable
  | GateRefusal
  | Refused
  | Unknown;

/** How an inquiry ended. */
export type StatusOutcome = ({ readonly outcome: 'found' } & SecretRecord) | Refused | Unknown;

/** What a revocation found: revoked by this call or earlier, or too late: all views were consumed, or time ran out. */
export type Revocation =
  | { readonly outcome: 'revoked' }
  | { readonly outcome: 'consumed' }
  | { readonly outcome: 'expired' };

/** How a revocation ended. */
export type RevokeOutcome = Revocation | Refused | Unknown;

/**
 * The secrets of one store. Each verb is one transaction: what a caller shows is judged where it is acted on. In the
 * same transaction that changes a secret with a callback, the verbs append to the outbox: `secret.consumed` when the
 * first view is consumed, `secret.revoked` when a revocation denies a reader a view, and `secret.expired`, as of the
 * expiry, when ciphertext is destroyed of which no view was consumed.
 *
 * What is shown is judged before anything about the state is told: {@link Refused}, by the rules in `proofs.ts`. A
 * right passphrase leaves the count of wrong ones as it was.
 */
export interface SecretStore {
  /**
   * Keeps a secret, durably before it resolves. With an idempotency key that the same caller used in the last
   * 24 h, nothing is kept: the earlier outcome is returned again, or `conflict` if the body differs. Otherwise it is
   * counted against its quota, in the same transaction: of any number of creates as many succeed as there are left,
   * and the rest are `limited`, leave nothing behind and are not counted.
   *
   * With an upload that is open and whole (chunks 0 to n-1 and no other, all but the last of full length) the secret
   * gets its chunks in the same transaction; of several creates at once one does. For {@link IDEMPOTENCY_MS} the same
   * body is then replayed whoever sends it, and another finds the upload unknown.
   * @throws StoreFullError while there is still room to take, acknowledge, revoke and purge what is kept.
   */
  create(secret: NewSecret): Promise<CreateOutcome>;

  /** What is known of a secret. Changes nothing but the count of wrong passphrases. */
  status(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<StatusOutcome>;

  /** What is known of a secret, for those who have shown before that they may know it; `null` for an unknown id. */
  record(id: string, now: number): Promise<SecretRecord | null>;

  /**
   * Consumes one view and returns the ciphertext. Of any number of readers exactly `views` succeed, ever, and only
   * before the expiry and before a revocation. A claim is given its view for `LEASE_MS`, or for `CHUNKS_LEASE_MS` if
   * there are chunks: the same claim, with the same proofs, reads the same bytes again without another view until that lease ends or is acknowledged, and
   * nothing afterwards; no wrong passphrases of others keep it out. A reader without a claim destroys the ciphertext
   * with the last view, unless another reader's lease is still live: then the end of the last lease destroys it.
   *
   * A secret that waits is given to nobody whom its gates refuse (`gates.ts`): they are asked when all else allows the
   * view, and never of a claim that has one.
   * @param takesChunks whether the reader fetches chunks. A secret that waits and has some is given to no other, and to
   *   none without a claim. Default no.
   * @param visitor default: a stranger, who comes from nowhere.
   */
  consume(
    id: string,
    claim: string | null,
    shown: ShownProofs,
    now: number,
    takesChunks?: boolean,
    visitor?: Visitor,
  ): Promise<ReadOutcome>;

  /**
   * Puts a code for the reader of a secret that waits into the outbox, if the reader passes the gates above and not too
   * many were sent, about this secret or to its recipient. It takes the place of an earlier one. Takes no view, and uses up
   * no puzzle.
   */
  sendCode(
    id: string,
    shown: ShownProofs,
    visitor: Visitor,
    code: NewCode,
    now: number,
  ): Promise<SendCodeOutcome>;

  /**
   * Ends the lease of `claim`, if it has one. Destroys the ciphertext when no view and no other lease is left.
   * @returns whether the id is known.
   */
  acknowledge(id: string, claim: string, now: number): Promise<boolean>;

  /** Ends the secret for everyone, those with a live lease included: no ciphertext is left afterwards. */
  revoke(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<RevokeOutcome>;
}
