/**
 * Who may read, revoke or see the status of a secret: the rules that every engine shares (core/protocol/PROTOCOL.md
 * section 4, Read). An engine judges what a caller shows in the transaction that acts on it, so that nothing comes in
 * between.
 *
 * A key cannot be guessed, so a wrong one is held against nobody: who knows only the address of a secret must not be
 * able to keep its reader out. A passphrase can be guessed, by who has the link. So those tries are counted, for each
 * secret and whoever makes them, and an answer leaves the store only after its count is committed.
 */

import { timingSafeEqual } from 'node:crypto';

/** What a caller shows of a secret's key: base64url of the SHA-256 of each proof, `null` where none came. */
export interface ShownProofs {
  readonly proofHash: string | null;
  readonly linkProofHash: string | null;
}

/**
 * What the sender of a secret shows instead: base64url of the SHA-256 of its receipt, or with which name it creates
 * secrets. It lets the sender see what became of the secret and revoke it, and never read it.
 */
export type ShownBySender = { readonly receiptHash: string } | { readonly caller: string };

/** What a secret is kept with for its sender; a `null` receipt for one that has none. */
export interface KeptForSender {
  readonly receiptHash: string | null;
  readonly caller: string;
}

/** What a secret is kept with, likewise: `null` for a version 1 secret, and for one without a passphrase. */
export type KeptProofs = ShownProofs;

/** The passphrases that were tried for a secret. */
export interface Attempts {
  /** How many of them were wrong. */
  readonly wrong: number;
  /** Until when none is judged; 0 if they were few. */
  readonly lockedUntil: number;
}

/** No passphrase was tried yet. */
export const NO_ATTEMPTS: Attempts = { wrong: 0, lockedUntil: 0 };

/** Why a store does nothing for a caller: what it shows is missing or wrong, or was not looked at. */
export type Refused =
  | { readonly outcome: KeyRefusal | 'wrong passphrase' }
  /** Too many wrong passphrases came before: none is judged for `waitMs`. */
  | { readonly outcome: 'locked'; readonly waitMs: number };

/** What is wrong with a key. A version 1 secret is `not provable`: it can only be read. */
export type KeyRefusal = 'not provable' | 'proof required' | 'wrong key';

/** Wrong passphrases for one secret before waits begin: no more than that are judged at once. */
export const FREE_TRIES = 10;
export const FIRST_LOCK_MS = 1_000;
export const LONGEST_LOCK_MS = 300_000;

/** How long no passphrase is judged after the `wrong`th wrong one, in milliseconds: from the tenth on, 1 s to 300 s. */
export function lockMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(FIRST_LOCK_MS * 2 ** (wrong - FREE_TRIES), LONGEST_LOCK_MS);
}

/** What is wrong with the key of a caller who reads, or `null`. Tells nothing of its passphrase. */
export function keyRefusal(kept: KeptProofs, shown: ShownProofs): KeyRefusal | null {
  // Only a version 2 key makes a proof, and none opens a version 1 secret: URL and key of two secrets were mixed up.
  if (kept.proofHash === null) return shown.proofHash === null ? null : 'wrong key';
  if (shown.proofHash === null) return 'proof required';
  const right =
    kept.linkProofHash === null
      ? sameHash(kept.proofHash, shown.proofHash)
      : sameHash(kept.linkProofHash, shown.linkProofHash);
  return right ? null : 'wrong key';
}

/** What is wrong with the key of a caller who revokes or asks for the status, or `null`. */
export function ownerRefusal(kept: KeptProofs, shown: ShownProofs): KeyRefusal | null {
  return kept.proofHash === null ? 'not provable' : keyRefusal(kept, shown);
}

/** What is wrong with what a sender shows, or `null`. To another caller the secret is unknown. */
export function senderRefusal(kept: KeptForSender, shown: ShownBySender): 'wrong key' | 'unknown' | null {
  if ('caller' in shown) return kept.caller === shown.caller ? null : 'unknown';
  return kept.receiptHash !== null && sameHash(kept.receiptHash, shown.receiptHash) ? null : 'wrong key';
}

/** Whether somebody shows what a sender does. */
export function isBySender(shown: ShownProofs | ShownBySender): shown is ShownBySender {
  return !('proofHash' in shown);
}

/** Whether the passphrase behind a proof is the right one, for a key that is right. */
export function isRightPassphrase(kept: KeptProofs, shown: ShownProofs): boolean {
  return kept.linkProofHash === null || sameHash(kept.proofHash ?? '', shown.proofHash);
}

/**
 * How long no passphrase is judged from `now` on, in milliseconds; 0 if one is. A clock that was set back makes no
 * lock longer than it was to be.
 */
export function waitMs({ wrong, lockedUntil }: Attempts, now: number): number {
  return Math.max(0, Math.min(lockedUntil - now, lockMs(wrong)));
}

/** The attempts after one more that counts as wrong. */
export function raised({ wrong }: Attempts, now: number): Attempts {
  const lock = lockMs(wrong + 1);
  // Not `now` where there is no lock: that would be one when the clock is set back.
  return { wrong: wrong + 1, lockedUntil: lock === 0 ? 0 : now + lock };
}

/**
 * Judges the passphrase of a caller whose key is right. Call it inside the transaction that acts on the secret.
 * @param save keeps the attempts: raised before the proof is looked at, and lowered again if it is right.
 * @returns `null` if the caller may go on.
 */
export function judgePassphrase(
  kept: KeptProofs,
  shown: ShownProofs,
  attempts: Attempts,
  now: number,
  save: (attempts: Attempts) => void,
): Refused | null {
  if (kept.linkProofHash === null) return null;
  const wait = waitMs(attempts, now);
  if (wait > 0) {
    if (attempts.lockedUntil > now + wait) save({ ...attempts, lockedUntil: now + wait });
    return { outcome: 'locked', waitMs: wait };
  }
  save(raised(attempts, now));
  if (!isRightPassphrase(kept, shown)) return { outcome: 'wrong passphrase' };
  save(attempts);
  return null;
}

/** Whether two hashes are the same, in a time that does not depend on where they differ. */
export function sameHash(kept: string, shown: string | null): boolean {
  if (shown === null) return false;
  const [one, other] = [Buffer.from(kept), Buffer.from(shown)];
  return one.length === other.length && timingSafeEqual(one, other);
}
