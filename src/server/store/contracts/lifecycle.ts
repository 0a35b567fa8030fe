/** What becomes of a secret, and when: the rules that every engine shares (core/protocol/PROTOCOL.md sections 4, 5). */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { Revocation, Unreadable } from './secrets.js';

/** How long a tombstone answers 410 past the expiry, in milliseconds (section 5). */
export const TOMBSTONE_MS = 24 * 60 * 60_000;

/** How long an idempotency key names the same create, in milliseconds (section 4, Create). */
export const IDEMPOTENCY_MS = 24 * 60 * 60_000;

/** What decides a secret's state. Times in milliseconds since 1970. */
export interface Lifecycle {
  readonly viewsLeft: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** Whether the ciphertext is gone. */
  readonly destroyed: boolean;
}

/**
 * The state at `now`. Only while it is `waiting` can a view be consumed. A secret that was destroyed for its expiry
 * stays expired where the clock is earlier again: clocks are set back, and those of several processes differ.
 */
export function stateOf(secret: Lifecycle, now: number): SecretState {
  if (secret.revokedAt !== null) return 'revoked';
  if (secret.viewsLeft <= 0) return 'read';
  return secret.destroyed || secret.expiresAt <= now ? 'expired' : 'waiting';
}

/**
 * Until when the ciphertext is needed: while views can be consumed, and while a lease that is not acknowledged can
 * repeat its read, even past the expiry. If that is `now` or earlier, the ciphertext must be destroyed.
 * @param lastLeaseEnd the latest end of a lease that is not acknowledged, or `null`.
 */
export function neededUntil(secret: Lifecycle, lastLeaseEnd: number | null, now: number): number {
  const views = stateOf(secret, now) === 'waiting' ? secret.expiresAt : now;
  return Math.max(views, lastLeaseEnd ?? now);
}

/**
 * Whether a secret whose ciphertext has just been destroyed ended unread: of all ways to end, only the expiry leaves
 * this state. Ciphertext is destroyed once, so `secret.expired` is sent once.
 */
export function endedUnread(secret: Lifecycle & { readonly firstReadAt: number | null }): boolean {
  return secret.firstReadAt === null && secret.revokedAt === null;
}

/**
 * Why a secret of this state cannot be read. A claim whose lease is over finds it read, even if views are left for
 * others.
 */
export function unreadable(state: SecretState): Unreadable {
  return { outcome: 'gone', state: state === 'waiting' ? 'read' : state };
}

/** What a revocation finds in a secret of this state. */
export function revocationOf(state: SecretState): Revocation {
  if (state === 'expired') return { outcome: 'expired' };
  return { outcome: state === 'read' ? 'consumed' : 'revoked' };
}

/** When the tombstone is forgotten and the id is unknown again. */
export function forgottenAt(expiresAt: number): number {
  return expiresAt + TOMBSTONE_MS;
}
